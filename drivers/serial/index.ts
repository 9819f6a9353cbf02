// drivers/serial: the room's face. In: a port or a recording. Out: bytes with their arrival.
export { openSerial, type SerialOptions } from './port.ts';
export { openRecording, type RecordingOptions, readRecording } from './recording.ts';
export type { ByteListener, ByteLoss, ByteSource } from './types.ts';
