// ota/device: every refusal under one stable name. In: what tuf-js, the network or the disk threw. Out: a KerbError UPDATE_*.
// Never: an unnamed error, or one of more than a line.
import { LengthOrHashMismatchError, UnsignedMetadataError } from '@tufjs/models/dist/error.js';
import {
  BadVersionError,
  DownloadHTTPError,
  DownloadLengthMismatchError,
  ExpiredMetadataError,
  RepositoryError,
} from 'tuf-js/dist/error.js';
import { KerbError, oneLine } from '../../contract/errors.ts';

/** The codes of this room, and what each means. */
export const UPDATE_CODES = {
  UPDATE_NO_ROOT: 'there is no usable root of trust: this box was never initialised, or every copy is damaged',
  UPDATE_ROOT_BAD: 'the root of trust that was given is not one',
  UPDATE_HAS_ROOT: 'this folder already trusts another root',
  UPDATE_SIGNATURE: 'too few valid signatures',
  UPDATE_ROLLBACK: 'older than what this box has already seen',
  UPDATE_EXPIRED: 'metadata has expired',
  UPDATE_MIXED: 'metadata files do not belong together',
  UPDATE_METADATA_BAD: 'metadata cannot be read',
  UPDATE_TOO_LONG: 'more bytes than signed or allowed',
  UPDATE_TOO_SLOW: 'slower than the least rate',
  UPDATE_UNREACHABLE: 'the server does not answer, or cuts off',
  UPDATE_HTTP: 'the server answers with an error status',
  UPDATE_RANGE: 'the server answers another range than was asked for',
  UPDATE_TARGET_UNKNOWN: 'no trusted role names this target',
  UPDATE_TARGET_BAD: 'the target is not the signed one',
  UPDATE_DISK: 'a file cannot be read or written',
  UPDATE_DISK_FULL: 'the disk is full',
  UPDATE_BUSY: 'another process is updating',
} as const;
export type UpdateCode = keyof typeof UPDATE_CODES;

/** @param code one of UPDATE_CODES */
export function refusal(code: UpdateCode, what: string, where: string, remedy: string, cause?: unknown): KerbError {
  return new KerbError(code, what, where, remedy, cause === undefined ? {} : { cause });
}

/** Names what a refresh or a look-up threw. */
export function asRefusal(error: unknown, where: string): KerbError {
  if (error instanceof KerbError) return error;
  const say = (code: UpdateCode, remedy: string) => refusal(code, oneLine(error).slice(0, 200), where, remedy, error);
  if (error instanceof UnsignedMetadataError) {
    return say('UPDATE_SIGNATURE', 'the repository is not the one this box trusts, or was signed with too few keys');
  }
  if (error instanceof ExpiredMetadataError) {
    return say('UPDATE_EXPIRED', 'publish again at the centre; if it is fresh there, check this box and its clock');
  }
  if (error instanceof BadVersionError) {
    return say('UPDATE_ROLLBACK', 'serve the newest metadata; this box keeps what it has');
  }
  if (error instanceof LengthOrHashMismatchError || error instanceof RepositoryError) {
    return say('UPDATE_MIXED', 'serve a complete repository; a half-copied mirror heals by itself');
  }
  if (error instanceof DownloadLengthMismatchError) {
    return say('UPDATE_TOO_LONG', 'look at what answers at this address');
  }
  if (error instanceof DownloadHTTPError) {
    return say('UPDATE_HTTP', `status ${error.statusCode}: look whether the repository lies at this address`);
  }
  return say('UPDATE_METADATA_BAD', 'look at what answers at this address: is it the repository?');
}
