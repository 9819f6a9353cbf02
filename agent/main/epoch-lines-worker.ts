// agent/main: the thread that prints a replay's epochs. In: blocks of records. Out: lines on stdout, and each block back.
import { parentPort } from 'node:worker_threads';
import { type Block, BlockPrinter } from './epoch-lines.ts';

const printer = new BlockPrinter();

parentPort?.on('message', ({ numbers, size, doubts }: Block) => {
  printer.print(numbers, size, doubts);
  printer.flush();
  parentPort?.postMessage(numbers);
});
