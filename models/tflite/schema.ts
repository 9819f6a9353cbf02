// models/tflite: numbers of the public TFLite schema (Apache-2.0), as far as they are needed here. No code.

/** What a tensor's elements are. Others exist in the schema; a model with such an edge is refused by name. */
export type ElementType = 'float32' | 'float16' | 'int32' | 'uint8' | 'int64' | 'string' | 'bool' | 'int16' | 'int8';

/** TensorType by number. */
export const elementTypes: readonly (ElementType | undefined)[] = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  undefined, // complex64
  'int8',
];

/** BuiltinOperator, those that are written or looked for. */
export const operator = {
  add: 0,
  concatenation: 2,
  conv2d: 3,
  depthwiseConv2d: 4,
  dequantize: 6,
  logistic: 14,
  reshape: 22,
  softmax: 25,
  custom: 32,
  quantize: 114,
} as const;

/** BuiltinOptions, the union's numbers. */
export const optionsKind = {
  none: 0,
  conv2d: 1,
  depthwiseConv2d: 2,
  softmax: 9,
  concatenation: 10,
  add: 11,
  reshape: 17,
} as const;

export const activation = { none: 0, relu6: 3 } as const;
export const paddingSame = 0;
export const identifier = 'TFL3';
