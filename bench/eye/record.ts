// bench/eye: writes bench/labels/street-looks.json anew, after the detector or its merging changed:
// `SAMPLES_DIR=... scripts/node24 bench/eye/record.ts`, then `biome check --write`. In: the street clip. Out: what is found
// around the busy seconds.
import { writeFileSync } from 'node:fs';
import { busyTimes, lookThrough } from './clip.ts';
import { streetLooker, streetVideo } from './street.ts';

const classes: string[] = [];
const looks: Record<string, number[][]> = {};
const looker = await streetLooker();
try {
  await lookThrough(streetVideo(process.env['SAMPLES_DIR']), looker, { only: busyTimes }, (frame, finds) => {
    looks[frame.time] = finds.map(({ class: name, score, box }) => {
      if (!classes.includes(name)) classes.push(name);
      const tenth = (value: number) => Math.round(value * 10) / 10;
      return [classes.indexOf(name), Math.round(score * 1000), ...box.map(tenth)];
    });
  });
} finally {
  await looker.close();
}
const about =
  'What the default detector finds from 13 s to 20 s of the street clip, five looks a second, each fifth a wide one (bench/eye/record.ts).';
writeFileSync(
  new URL('../labels/street-looks.json', import.meta.url),
  `${JSON.stringify({ about, classes, looks })}\n`,
);
