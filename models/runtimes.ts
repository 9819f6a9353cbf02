// models: the runtimes by name. In: a name. Out: a runtime of this thread. Only what is asked for is loaded.
import type { Runtime } from './runtime.ts';

export const runtimeNames = ['wasm'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** @throws KerbError RUNTIME_BROKEN */
export async function openRuntime(name: RuntimeName): Promise<Runtime> {
  switch (name) {
    case 'wasm':
      return (await import('./wasm.ts')).wasmRuntime();
  }
}
