// agent/camera: the face of this room. Frames of one camera come in; reports, masked pictures and sightings go out.
//
//   const path = new CameraPath({ device, site: site.id, camera, profile: site.profile, looker, onReport, onSighting });
//   live:     openLive(source, { frame: (frame) => path.offer(frame), lost, back }, { clock, loop, onChild });
//   recorded: await path.feed(await openRecording(file, { rate: camera.looks_per_s, start }));
//   page:     path.stats(now); await path.jpeg(seq);
//   the end:  await path.close();
export type { JudgeMemory } from './judge.ts';
export { LargerFrames } from './larger.ts';
export type { LivePicture } from './live.ts';
export type { NearMiss } from './near-misses.ts';
export { CameraPath, type PathOptions, type PathStats } from './path.ts';
export { LookShare } from './share.ts';
export type { Box, FrameReport, Moment, Sighting, Track, Why } from './types.ts';
