// agent/cases: the face of this room. Sightings of the camera room come in; cases go out, each exactly once.
//
//   const taxonomy = loadTaxonomy();
//   checkCodes(taxonomy, site.profile, siteFile);                       // when a site is loaded
//   const store = new CaseStore(dataDir, onFault);                      // null instead of a folder: memory (watch)
//   const pictures = new PictureFolder(join(dataDir, 'pictures'));      // watch: new PictureFolder(out, Infinity)
//   const maker = new CaseMaker({ device, site, taxonomy, looker, store, pictures, outbox, onFault });
//   await maker.recover();
//   const taken = await maker.take(sighting);                           // { case, pictures } or { duplicateOf }
//   ... every few seconds: if (maker.waiting > 0) await maker.handOver();
//   ... on an acknowledgement: maker.acknowledged(lane, epoch, upTo);
//   const fresh = await maker.book.report(made);                        // a case that a flow made; without a camera:
//                                                                       // new CaseBook({ store, outbox, onFault })
//   await maker.settled(); store.close();                               // at the end
export { CaseBook, type CaseBookOptions } from './book.ts';
export { CaseMaker, type CaseMakerOptions } from './cases.ts';
export { jpegCodec } from './codec.ts';
export { type ChunkRecord, chunksOf } from './evidence.ts';
export { line } from './lines.ts';
export { type Codec, type MaskedPicture, maskPersons } from './mask.ts';
export { DEFAULT_QUOTA, PictureFolder } from './pictures.ts';
export type { SnapshotPicture } from './snapshot.ts';
export { CaseStore, MAX_LIST } from './store.ts';
export { type Category, checkCodes, loadTaxonomy, parseTaxonomy, type Taxonomy } from './taxonomy.ts';
export type { Box, Moment, Outbox, OutboxLane, Position, Sighting, StoredCase, Taken } from './types.ts';
