import { limit, match, skip, unwind } from './basic-stages.js';
import { parseCount } from './count.js';
import { parseGroup } from './group.js';
import { bucket, facet, sortByCount } from './grouped-stages.js';
import { lookup, unionWith } from './lookup.js';
import { sample } from './sample.js';
import { collStats, currentOp, documents, indexStats } from './source-stages.js';
import { mapping, type SourceParser, type StageParser } from './stage.js';
import { parseTransform } from './transform.js';

const transform: StageParser = (stage, { variables }) => mapping(parseTransform(stage, variables));

/** Every stage but `$sort`, which the pipeline joins with a `$limit` behind it. */
export const STAGES: ReadonlyMap<string, StageParser> = new Map<string, StageParser>(
  Object.entries({
    $addFields: transform,
    $bucket: bucket,
    $count: parseCount,
    $facet: facet,
    $group: (stage, { variables }) => parseGroup(stage, variables),
    $limit: limit,
    $lookup: lookup,
    $match: match,
    $project: transform,
    $replaceRoot: transform,
    $replaceWith: transform,
    $sample: sample,
    $set: transform,
    $skip: skip,
    $sortByCount: sortByCount,
    $unionWith: unionWith,
    $unset: transform,
    $unwind: unwind,
  }),
);

/** The stages that a pipeline can start with instead of a collection's documents. */
export const SOURCES: ReadonlyMap<string, SourceParser> = new Map<string, SourceParser>(
  Object.entries({
    $collStats: collStats,
    $currentOp: currentOp,
    $documents: documents,
    $indexStats: indexStats,
  }),
);

/** What MongoDB has beside these: refused by name. */
export const REFUSED_STAGES: ReadonlySet<string> = new Set(
  `$bucketAuto $changeStream $changeStreamSplitLargeEvent $densify $fill $geoNear $graphLookup $listLocalSessions
   $listSampledQueries $listSearchIndexes $listSessions $merge $out $planCacheStats $querySettings $redact $search
   $searchMeta $setWindowFields $shardedDataDistribution $vectorSearch`.split(/\s+/),
);
