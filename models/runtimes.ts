// models: the runtimes by name. In: a name. Out: a runtime of this thread. Only what is asked for is loaded.
import type { Runtime } from './runtime.ts';

/** wasm runs wherever the program runs; native where its package could be built, in a process of its own. */
export const runtimeNames = ['wasm', 'native'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** @throws KerbError RUNTIME_ABSENT, RUNTIME_BROKEN */
export async function openRuntime(name: RuntimeName): Promise<Runtime> {
  switch (name) {
    case 'wasm':
      return (await import('./wasm.ts')).wasmRuntime();
    case 'native':
      return (await import('./native.ts')).nativeRuntime();
  }
}
