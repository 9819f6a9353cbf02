// models: the native runtime: TensorFlow Lite's own C library through the optional package tfjs-tflite-node, whose addon is
// used alone, without TensorFlow.js. In: nothing. Out: a Runtime in a process of its own: the addon keeps state that two
// threads of one process would share, and a native fault must not end the agent. Never: needed.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../contract/errors.ts';
import { startAdapter } from './adapter.ts';
import type { Runtime } from './runtime.ts';

/** The addon's path, or null where it is not installed or could not be built. */
export function nativeAddon(): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve('tfjs-tflite-node/package.json');
    const path = join(dirname(manifest), 'build/Release/node_tflite_binding.node');
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/** @throws KerbError RUNTIME_ABSENT, RUNTIME_BROKEN */
export async function nativeRuntime(): Promise<Runtime> {
  const addon = nativeAddon();
  if (addon === null) {
    const remedy = 'use wasm, or install tfjs-tflite-node where a C++ compiler is';
    throw new KerbError('RUNTIME_ABSENT', 'the native TFLite binding is not installed', 'runtime native', remedy);
  }
  const program = fileURLToPath(new URL('./native-adapter.ts', import.meta.url));
  return startAdapter({ name: 'native', command: process.execPath, args: [program, addon] });
}
