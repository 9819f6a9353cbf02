// deploy: what of a checkout and of node_modules a box needs. In: relative paths. Out: yes or no. Pure.

/** Folders and files of the repository that only its development needs. */
const NOT_ON_A_BOX = [
  /^(test|bench|docs|\.ci)\//,
  /^contract\/fixtures\//,
  /^scripts\/(?!node24$)/,
  /^(ava\.config\.js|biome\.json|tsconfig\.json|package-lock\.json|\.gitignore|README\.md)$/,
  /\.test\.ts$/,
  /\/(testing|test(scene|video))[^/]*\.ts$/,
  /tsconfig\.json$/,
];

/** Whether a tracked file belongs into a release. */
export function ofRepository(path: string): boolean {
  return !NOT_ON_A_BOX.some((pattern) => pattern.test(path));
}

/** Types and maps are for developers; what remains of a build folder differs from machine to machine. */
const NOT_OF_A_PACKAGE = [
  /^\.package-lock\.json$/,
  /^\.cache\//,
  /^\.kerbside-setup$/,
  /(^|\/)\.bin\//,
  // peers of packages that ship types: nothing calls a compiler on a box
  /^(typescript|@typescript|@types)\//,
  /\.(map|tsbuildinfo|cc|cpp|c|h|hpp|gyp|gypi|o|a|d|mk)$/,
  /\.md$/i,
  /(^|\/)(Makefile|config\.gypi|\.eslintrc[^/]*|\.travis\.yml|\.editorconfig|\.npmignore)$/,
  /(^|\/)build\/Release\/(\.deps|obj|obj\.target)\//,
  /(^|\/)prebuilds\/(android|win32|darwin|freebsd)[^/]*\//,
  /\.musl\.node$/,
];
/** Of the native inference runtime only the addon and its libraries are used (models/native.ts), not TensorFlow.js. */
const NATIVE_RUNTIME = /^tfjs-tflite-node\//;
const OF_NATIVE_RUNTIME = {
  x64: /^tfjs-tflite-node\/(package\.json|build\/Release\/[^/]+\.node|cc_deps\/linux_amd64\/[^/]+\.so)$/,
  arm64: /^tfjs-tflite-node\/(package\.json|build\/Release\/[^/]+\.node|cc_deps\/linux_arm64\/[^/]+\.so)$/,
};
const LICENCE = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i;
const TYPES = /\.d\.[mc]?ts$/;

/**
 * Whether a file of node_modules belongs into a release.
 * @param path relative to node_modules
 * @param arch as Node names it
 */
export function ofPackages(path: string, arch: 'x64' | 'arm64'): boolean {
  if (NATIVE_RUNTIME.test(path)) return OF_NATIVE_RUNTIME[arch].test(path);
  if (LICENCE.test(path)) return !path.startsWith('@typescript/') && !path.startsWith('typescript/');
  if (NOT_OF_A_PACKAGE.some((pattern) => pattern.test(path))) return false;
  // Node-RED's editor offers the types of its own function nodes to who writes one
  if (TYPES.test(path)) return path.startsWith('@node-red/editor-client/');
  const prebuilt = /(^|\/)prebuilds\/([^/]+)\//.exec(path)?.[2];
  return prebuilt === undefined || prebuilt === `linux-${arch}`;
}
