// centre: a static TUF repository's files over HTTP, read-only: /updates/metadata/... and /updates/targets/..., whole or a
// range of bytes. The folder may appear, change and go at any time. May never happen: a file outside of the two folders is
// read, be it by a path that climbs or by a link; an answer that mixes two files.
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fail } from './vehicle-routes.ts';

const FOLDERS = ['metadata', 'targets'] as const;
/** No empty level, no hidden one, nothing that a file system could stumble over. */
const LEVEL = /^(?!\.)[^/\\\p{Cc}]{1,255}$/u;
const MOST_LEVELS = 16;

/** @param repository its folder, which need not be there */
export function repositoryRoutes(app: FastifyInstance, repository: string, fail: Fail): void {
  for (const folder of FOLDERS) {
    app.get<{ Params: { '*': string } }>(`/updates/${folder}/*`, async (request, reply) => {
      const file = await openWithin(join(repository, folder), request.params['*']);
      if (!file) return fail(reply, 404, 'NOT_FOUND', 'the repository has no such file');
      try {
        return await send(request, reply, file, folder === 'metadata', fail);
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }
}

/** Opens a regular file of the folder; null: there is none, or it is not of this folder. */
async function openWithin(folder: string, path: string): Promise<FileHandle | null> {
  const levels = path.split('/');
  if (levels.length > MOST_LEVELS || !levels.every((level) => LEVEL.test(level))) return null;
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(join(folder, ...levels))]);
    if (!real.startsWith(root + sep)) return null;
    const file = await open(real);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch {
    // It is not there, or not for us to read: the same to whoever asks.
  }
  return null;
}

async function send(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  file: FileHandle,
  metadata: boolean,
  fail: Fail,
): Promise<FastifyReply> {
  const { size, mtimeMs } = await file.stat();
  const etag = `"${size.toString(16)}-${Math.floor(mtimeMs).toString(16)}"`;
  reply.headers({ 'accept-ranges': 'bytes', 'cache-control': 'no-cache', etag });
  reply.type(metadata ? 'application/json' : 'application/octet-stream');
  if (headers['if-none-match'] === etag) {
    await file.close();
    return reply.status(304).send();
  }
  // A range of another version of the file is not asked for.
  const current = headers['if-range'] === undefined || headers['if-range'] === etag;
  const range = current && method === 'GET' ? parseRange(headers.range, size) : null;
  if (range === 'none') {
    await file.close();
    reply.header('content-range', `bytes */${size}`);
    return fail(reply.type('application/json'), 416, 'RANGE', `the file has ${size} bytes`);
  }
  const [from, to] = range ?? [0, size - 1];
  if (range) reply.status(206).header('content-range', `bytes ${from}-${to}/${size}`);
  reply.header('content-length', to - from + 1);
  if (method === 'HEAD' || size === 0) {
    await file.close();
    return reply.send(Readable.from([]));
  }
  // The file closes itself when the stream ends, also where the reader goes away.
  return reply.send(file.createReadStream({ start: from, end: to }));
}

/** First and last byte (RFC 9110, 14.1.2); null: the whole is meant; none: there is no such range. Several: the whole. */
export function parseRange(header: string | undefined, size: number): [number, number] | 'none' | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  if (first === '') return Number(last) === 0 || size === 0 ? 'none' : [Math.max(0, size - Number(last)), size - 1];
  if (last !== '' && Number(last) < Number(first)) return null;
  if (Number(first) >= size) return 'none';
  return [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)];
}
