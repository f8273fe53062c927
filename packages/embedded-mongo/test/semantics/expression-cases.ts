import { BSONRegExp, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'mongodb';

/** What there is no value of: the field is missing. */
export const MISSING = Symbol('missing');

/** The document that the expressions below are computed from. */
export const DOCUMENT = {
  i: 7,
  big: 2147483647,
  l: Long.fromNumber(5),
  max: Long.MAX_VALUE,
  d: new Double(2.5),
  neg: -3,
  s: 'Grüße, Welt',
  t: 'abc',
  n: null,
  b: true,
  f: false,
  zero: 0,
  a: [3, 1, 2],
  nested: [[1], [2]],
  docs: [{ x: 1, y: 'p' }, { x: 2 }, 5, [{ x: 9 }]],
  o: { x: 1, y: { z: 'deep' } },
  when: new Date('2024-02-29T13:14:15.678Z'),
  early: new Date('2023-12-31T23:59:59.999Z'),
  id: new ObjectId('65e08a5c0000000000000001'),
  dec: Decimal128.fromString('1.10'),
};

const date = (text: string): Date => new Date(text);
const long = (value: number): Long => Long.fromNumber(value);
const dbl = (value: number): Double => new Double(value);
const dec = (text: string): Decimal128 => Decimal128.fromString(text);

// prettier-ignore
/** An expression and MongoDB 7's value of it, or its error code. Numbers are int32 where they are whole. */
export const EXPRESSION_CASES: [expression: unknown, expected: unknown][] = [
  // Paths, variables, documents, arrays.
  ['$i', 7], ['$o.y.z', 'deep'], ['$docs.x', [1, 2]], ['$nested.x', []], ['$a.0', []], ['$none', MISSING], ['$i.x', MISSING],
  ['$$ROOT.i', 7], ['$$CURRENT.i', 7], [{ a: '$none', b: '$i', c: [1, '$none'] }, { b: 7, c: [1, null] }],
  ['$$none', { code: 17276 }], ['$', { code: 16872 }], ['$a..b', { code: 15998 }], ['$a.', { code: 40353 }], ['$a.$b', { code: 16410 }],
  [{ $none: 1 }, { code: 168 }], [{ $add: [1], b: 1 }, { code: 15983 }], [{ 'a.b': 1 }, { code: 16412 }], [{ a: 1, $b: 1 }, { code: 16410 }],
  [{ $literal: '$i' }, '$i'], [{ $literal: { $add: 1 } }, { $add: 1 }], ['$$REMOVE', MISSING], ['$$bad-name', { code: 9 }], ['$$1', { code: 9 }],
  [{ $let: { vars: { x: '$i', y: { $add: ['$i', 1] } }, in: { $multiply: ['$$x', '$$y'] } } }, 56],
  [{ $let: { vars: { x: 1 }, in: { $let: { vars: { x: 2, y: '$$x' }, in: ['$$x', '$$y'] } } } }, [2, 1]],
  [{ $let: { vars: { X: 1 }, in: 1 } }, { code: 9 }], [{ $let: { vars: {} } }, { code: 16877 }], [{ $let: { vars: {}, in: 1, x: 1 } }, { code: 16875 }],
  [{ $let: { vars: { CURRENT: '$o' }, in: '$x' } }, 1],

  // Arithmetic.
  [{ $add: ['$i', 1] }, 8], [{ $add: ['$big', 1] }, long(2147483648)], [{ $add: ['$l', 1] }, long(6)], [{ $add: ['$max', 1] }, dbl(2 ** 63)],
  [{ $add: ['$d', 1] }, dbl(3.5)], [{ $add: [] }, 0], [{ $add: '$i' }, 7], [{ $add: ['$i', '$n'] }, null], [{ $add: ['$i', '$none'] }, null],
  [{ $add: ['$i', '$s'] }, { code: 14 }], [{ $add: ['$n', '$s'] }, null], [{ $add: [dbl(0.1), dbl(0.2), dbl(0.3)] }, dbl(0.6)],
  [{ $add: ['$when', 1000] }, date('2024-02-29T13:14:16.678Z')], [{ $add: ['$when', dbl(0.5)] }, date('2024-02-29T13:14:15.679Z')],
  [{ $add: ['$when', '$when'] }, { code: 16612 }], [{ $add: ['$dec', 1] }, dec('2.10')],
  [{ $subtract: ['$i', 10] }, -3], [{ $subtract: [new Int32(-2147483648), 1] }, long(-2147483649)], [{ $subtract: ['$when', '$early'] }, long(5145255679)],
  [{ $subtract: ['$when', 678] }, date('2024-02-29T13:14:15Z')], [{ $subtract: [1, '$when'] }, { code: 14 }], [{ $subtract: ['$i', '$none'] }, null],
  [{ $subtract: ['$i'] }, { code: 16020 }], [{ $subtract: ['$dec', '$d'] }, dec('-1.40000000000000')],
  [{ $multiply: ['$i', '$d'] }, dbl(17.5)], [{ $multiply: ['$big', '$big'] }, Long.fromString('4611686014132420609')], [{ $multiply: ['$max', 2] }, dbl(2 ** 64)],
  [{ $multiply: [] }, 1], [{ $multiply: ['$s'] }, { code: 14 }], [{ $multiply: ['$l', 2] }, long(10)],
  [{ $divide: ['$i', 2] }, dbl(3.5)], [{ $divide: [6, 2] }, dbl(3)], [{ $divide: ['$i', '$zero'] }, { code: 2 }], [{ $divide: ['$s', 1] }, { code: 14 }],
  [{ $divide: ['$dec', 2] }, dec('0.55')], [{ $divide: [1, 0] }, { code: 2 }],
  [{ $mod: ['$i', 4] }, 3], [{ $mod: ['$neg', 2] }, -1], [{ $mod: ['$d', 2] }, dbl(0.5)], [{ $mod: ['$l', 3] }, long(2)], [{ $mod: [1, 0] }, { code: 16610 }],
  [{ $mod: ['$s', 1] }, { code: 16611 }], [{ $abs: '$neg' }, 3], [{ $abs: dbl(-0.5) }, dbl(0.5)], [{ $abs: '$n' }, null], [{ $abs: '$s' }, { code: 28765 }],
  [{ $abs: new Int32(-2147483648) }, long(2147483648)], [{ $abs: [1, 2] }, { code: 16020 }], [{ $ceil: '$d' }, dbl(3)], [{ $floor: '$d' }, dbl(2)], [{ $floor: '$i' }, 7],
  [{ $round: '$d' }, dbl(2)], [{ $round: dbl(3.5) }, dbl(4)], [{ $round: [dbl(2.675), 2] }, dbl(2.67)], [{ $round: [dbl(1234.5), -2] }, dbl(1200)],
  [{ $round: [1250, -2] }, 1200], [{ $round: [1350, -2] }, 1400], [{ $round: ['$i', 3] }, 7], [{ $round: [1, 101] }, { code: 51083 }], [{ $round: [1, 0.5] }, { code: 51082 }],
  [{ $trunc: [dbl(-2.79), 1] }, dbl(-2.7)], [{ $trunc: dbl(-2.7) }, dbl(-2)], [{ $trunc: [1299, -2] }, 1200],
  [{ $rand: 1 }, { code: 3040501 }], [{ $gte: [{ $rand: {} }, 0] }, true],
  [{ $sqrt: 16 }, dbl(4)], [{ $sqrt: -1 }, { code: 28714 }], [{ $pow: [2, 10] }, 1024], [{ $pow: [2, 31] }, long(2147483648)], [{ $pow: [2, -1] }, dbl(0.5)],
  [{ $pow: [2, 64] }, dbl(2 ** 64)], [{ $pow: [0, -1] }, { code: 28764 }], [{ $pow: ['$l', 2] }, long(25)], [{ $pow: [-1, 3] }, -1],
  [{ $exp: 0 }, dbl(1)], [{ $ln: 1 }, dbl(0)], [{ $ln: 0 }, { code: 28766 }], [{ $log10: 1000 }, dbl(3)], [{ $log: [8, 2] }, dbl(3)], [{ $log: [8, 1] }, { code: 28759 }],

  // Comparison, logic, conditions.
  [{ $eq: ['$i', dbl(7)] }, true], [{ $eq: ['$n', '$none'] }, false], [{ $eq: ['$none', '$none2'] }, true], [{ $lt: ['$none', null] }, true], [{ $gt: ['$s', 99] }, true],
  [{ $cmp: ['$i', 9] }, -1], [{ $cmp: ['$a', '$a'] }, 0], [{ $ne: ['$t', 'abc'] }, false], [{ $lte: [1, 1] }, true], [{ $gte: ['$n', '$none'] }, true], [{ $eq: [1] }, { code: 16020 }],
  [{ $and: [] }, true], [{ $or: [] }, false], [{ $and: ['$i', '$t', '$a'] }, true], [{ $and: ['$i', '$zero'] }, false], [{ $or: ['$n', '$none', '$zero'] }, false],
  [{ $and: ['$f', { $divide: ['$i', '$zero'] }] }, false], [{ $not: ['$n'] }, true], [{ $not: [[]] }, false],
  [{ $cond: ['$b', 'y', 'n'] }, 'y'], [{ $cond: { if: '$zero', then: 'y', else: '$none' } }, MISSING], [{ $cond: { if: 1, then: 2 } }, { code: 17082 }], [{ $cond: [1, 2] }, { code: 16020 }],
  [{ $cond: { if: 1, then: 2, else: 3, more: 4 } }, { code: 17083 }], [{ $cond: ['$b', 1, { $divide: ['$i', '$zero'] }] }, 1],
  [{ $ifNull: ['$none', '$n', 'x'] }, 'x'], [{ $ifNull: ['$i', 'x'] }, 7], [{ $ifNull: ['$none', '$none'] }, MISSING], [{ $ifNull: ['$i'] }, { code: 1257300 }],
  [{ $switch: { branches: [{ case: '$f', then: 1 }, { case: '$b', then: 2 }] } }, 2], [{ $switch: { branches: [{ case: '$f', then: 1 }], default: 9 } }, 9],
  [{ $switch: { branches: [{ case: '$f', then: 1 }] } }, { code: 40066 }], [{ $switch: { branches: [] } }, { code: 40068 }], [{ $switch: { branches: [{ case: 1 }] } }, { code: 40065 }],

  // Strings.
  [{ $concat: ['$t', '-', '$t'] }, 'abc-abc'], [{ $concat: ['$t', '$none'] }, null], [{ $concat: ['$t', 1] }, { code: 16702 }], [{ $toUpper: '$s' }, 'GRüßE, WELT'], [{ $toLower: '$n' }, ''],
  [{ $toUpper: '$i' }, '7'], [{ $toLower: '$o' }, { code: 16007 }], [{ $strLenBytes: '$s' }, 13], [{ $strLenCP: '$s' }, 11], [{ $strLenCP: '$n' }, { code: 34471 }],
  [{ $substrBytes: ['$t', 1, 1] }, 'b'], [{ $substr: ['$t', 1, -1] }, 'bc'], [{ $substrBytes: ['$s', 3, 1] }, { code: 28656 }], [{ $substrBytes: ['$s', 0, 3] }, { code: 28657 }],
  [{ $substrBytes: ['$t', -1, 1] }, { code: 50752 }], [{ $substrBytes: ['$t', 9, 1] }, ''], [{ $substrCP: ['$s', 2, 3] }, 'üße'], [{ $substrCP: ['$s', 0, -1] }, { code: 34454 }], [{ $substrCP: ['$i', 0, 5] }, '7'],
  [{ $split: ['$s', ', '] }, ['Grüße', 'Welt']], [{ $split: ['$t', ''] }, { code: 40087 }], [{ $split: ['$n', ','] }, null], [{ $split: [1, ','] }, { code: 40085 }],
  [{ $indexOfBytes: ['$s', 'W'] }, 9], [{ $indexOfCP: ['$s', 'W'] }, 7], [{ $indexOfCP: ['$s', 'W', 8] }, -1], [{ $indexOfBytes: ['$t', ''] }, 0], [{ $indexOfBytes: ['$t', 'c', 0, 2] }, -1],
  [{ $indexOfBytes: ['$n', 'c'] }, null], [{ $indexOfBytes: ['$t', 'c', -1] }, { code: 40097 }], [{ $trim: { input: '  x ' } }, 'x'], [{ $ltrim: { input: 'xxay', chars: 'x' } }, 'ay'], [{ $rtrim: { input: 'ayy', chars: 'yx' } }, 'a'],
  [{ $trim: { input: '$i' } }, { code: 50699 }], [{ $trim: { chars: 'x' } }, { code: 50695 }], [{ $strcasecmp: ['ABC', '$t'] }, 0], [{ $strcasecmp: ['b', 'A'] }, 1], [{ $strcasecmp: ['$n', 'a'] }, -1],
  [{ $replaceOne: { input: 'a.a', find: 'a', replacement: { $literal: '$&' } } }, '$&.a'], [{ $replaceAll: { input: 'a.a', find: 'a', replacement: 'b' } }, 'b.b'], [{ $replaceAll: { input: '$n', find: 'a', replacement: 'b' } }, null],
  [{ $replaceOne: { input: 1, find: 'a', replacement: 'b' } }, { code: 51746 }], [{ $regexMatch: { input: '$s', regex: 'ÜSSE|w', options: 'i' } }, true], [{ $regexMatch: { input: '$n', regex: 'x' } }, false],
  [{ $regexFind: { input: '$s', regex: new BSONRegExp('(W)(x)?', '') } }, { match: 'W', idx: 7, captures: ['W', null] }], [{ $regexFind: { input: '$t', regex: 'z' } }, null],
  [{ $regexFindAll: { input: '$t', regex: '[ac]' } }, [{ match: 'a', idx: 0, captures: [] }, { match: 'c', idx: 2, captures: [] }]], [{ $regexFindAll: { input: '$none', regex: 'a' } }, []],
  [{ $regexMatch: { input: '$i', regex: 'a' } }, { code: 51104 }], [{ $regexMatch: { input: 'a', regex: 1 } }, { code: 51105 }],

  // Arrays.
  [{ $arrayElemAt: ['$a', 0] }, 3], [{ $arrayElemAt: ['$a', -1] }, 2], [{ $arrayElemAt: ['$a', 9] }, MISSING], [{ $arrayElemAt: ['$n', 0] }, null], [{ $arrayElemAt: ['$i', 0] }, { code: 28689 }], [{ $arrayElemAt: ['$a', dbl(0.5)] }, { code: 28691 }],
  [{ $first: '$a' }, 3], [{ $last: '$a' }, 2], [{ $first: [[]] }, MISSING], [{ $last: '$t' }, { code: 28689 }], [{ $concatArrays: ['$a', [9]] }, [3, 1, 2, 9]], [{ $concatArrays: ['$a', '$n'] }, null], [{ $concatArrays: ['$i'] }, { code: 28664 }],
  [{ $in: [1, '$a'] }, true], [{ $in: [dbl(2), '$a'] }, true], [{ $in: [1, '$i'] }, { code: 40081 }], [{ $indexOfArray: ['$a', 2] }, 2], [{ $indexOfArray: ['$a', 3, 1] }, -1], [{ $indexOfArray: ['$n', 1] }, null],
  [{ $isArray: '$a' }, true], [{ $isArray: ['$i'] }, false], [{ $size: '$a' }, 3], [{ $size: '$none' }, { code: 17124 }],
  [{ $slice: ['$a', 2] }, [3, 1]], [{ $slice: ['$a', -2] }, [1, 2]], [{ $slice: ['$a', 1, 1] }, [1]], [{ $slice: ['$a', -9, 2] }, [3, 1]], [{ $slice: ['$a', 1, 0] }, { code: 28729 }], [{ $slice: ['$i', 1] }, { code: 28724 }], [{ $slice: ['$n', 1] }, null],
  [{ $slice: ['$a'] }, { code: 28667 }], [{ $range: [0, 5, 2] }, [0, 2, 4]], [{ $range: [3, 0, -1] }, [3, 2, 1]], [{ $range: [0, 3, 0] }, { code: 34449 }], [{ $range: ['a', 3] }, { code: 34443 }],
  [{ $reverseArray: '$a' }, [2, 1, 3]], [{ $reverseArray: '$i' }, { code: 34435 }], [{ $filter: { input: '$a', cond: { $gt: ['$$this', 1] } } }, [3, 2]], [{ $filter: { input: '$a', as: 'x', cond: { $gt: ['$$x', 1] }, limit: 1 } }, [3]],
  [{ $filter: { input: '$i', cond: 1 } }, { code: 28651 }], [{ $filter: { input: '$a', cond: 1, limit: 0 } }, { code: 327392 }], [{ $filter: { input: '$n', cond: 1 } }, null],
  [{ $map: { input: '$a', as: 'x', in: { $add: ['$$x', '$i'] } } }, [10, 8, 9]], [{ $map: { input: '$a', in: '$none' } }, [null, null, null]], [{ $map: { input: '$i', in: 1 } }, { code: 16883 }], [{ $map: { input: '$a' } }, { code: 16882 }],
  [{ $map: { input: '$nested', as: 'row', in: { $map: { input: '$$row', in: { $add: ['$$this', { $size: '$$row' }] } } } } }, [[2], [3]]],
  [{ $reduce: { input: '$a', initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, 6], [{ $reduce: { input: '$n', initialValue: 0, in: 1 } }, null], [{ $reduce: { input: '$i', initialValue: 0, in: 1 } }, { code: 40080 }],
  [{ $zip: { inputs: ['$a', ['x', 'y']] } }, [[3, 'x'], [1, 'y']]], [{ $zip: { inputs: [[1], ['x', 'y']], useLongestLength: true, defaults: [0, 'z'] } }, [[1, 'x'], [0, 'y']]], [{ $zip: { inputs: [] } }, { code: 34465 }],
  [{ $sortArray: { input: '$a', sortBy: -1 } }, [3, 2, 1]], [{ $sortArray: { input: [{ x: 2 }, { x: 1 }], sortBy: { x: 1 } } }, [{ x: 1 }, { x: 2 }]], [{ $sortArray: { input: '$i', sortBy: 1 } }, { code: 2942504 }],
  [{ $arrayToObject: [[['k', 1], ['l', 2]]] }, { k: 1, l: 2 }], [{ $arrayToObject: { $literal: [{ k: 'a', v: 1 }, { k: 'a', v: 2 }] } }, { a: 2 }], [{ $arrayToObject: '$a' }, { code: 40398 }], [{ $arrayToObject: '$n' }, null],
  [{ $objectToArray: '$o' }, [{ k: 'x', v: 1 }, { k: 'y', v: { z: 'deep' } }]], [{ $objectToArray: '$i' }, { code: 40390 }], [{ $maxN: { n: 2, input: '$a' } }, [3, 2]], [{ $minN: { n: 5, input: [2, null, 1] } }, [1, 2]],
  [{ $firstN: { n: 2, input: '$a' } }, [3, 1]], [{ $lastN: { n: 2, input: '$a' } }, [1, 2]], [{ $firstN: { n: 0, input: '$a' } }, { code: 5787908 }],

  // Sets.
  [{ $setUnion: ['$a', [2, 5]] }, [1, 2, 3, 5]], [{ $setUnion: ['$a', '$n'] }, null], [{ $setUnion: ['$i'] }, { code: 17043 }], [{ $setIntersection: ['$a', [dbl(2), 3, 3]] }, [2, 3]], [{ $setIntersection: [] }, []],
  [{ $setDifference: ['$a', [3]] }, [1, 2]], [{ $setDifference: ['$a', '$i'] }, { code: 17049 }], [{ $setEquals: ['$a', [1, 2, 3, 3]] }, true], [{ $setEquals: ['$a'] }, { code: 17045 }], [{ $setIsSubset: [[1], '$a'] }, true], [{ $setIsSubset: ['$n', '$a'] }, { code: 17046 }],
  [{ $anyElementTrue: [[0, null, 1]] }, true], [{ $allElementsTrue: [[1, 0]] }, false], [{ $allElementsTrue: [[]] }, true], [{ $anyElementTrue: '$i' }, { code: 17041 }],

  // Documents.
  [{ $mergeObjects: ['$o', { x: 2, n: 3 }] }, { x: 2, y: { z: 'deep' }, n: 3 }], [{ $mergeObjects: ['$n', '$none'] }, {}], [{ $mergeObjects: '$i' }, { code: 40400 }], [{ $getField: 'i' }, 7], [{ $getField: { field: 'x', input: '$o' } }, 1],
  [{ $getField: { field: { $literal: '$x' }, input: '$o' } }, MISSING], [{ $getField: { field: '$i', input: '$o' } }, { code: 5654600 }], [{ $getField: 5 }, { code: 5654602 }], [{ $getField: { field: 'x', input: '$n' } }, null],
  [{ $setField: { field: 'a.b', input: '$o', value: '$i' } }, { x: 1, y: { z: 'deep' }, 'a.b': 7 }], [{ $setField: { field: 'x', input: '$o', value: '$$REMOVE' } }, { y: { z: 'deep' } }], [{ $unsetField: { field: 'y', input: '$o' } }, { x: 1 }],
  [{ $setField: { field: 'x', input: '$i', value: 1 } }, { code: 4161105 }], [{ $unsetField: { field: 'x', input: '$none' } }, null],

  // Types.
  [{ $bsonSize: '$o' }, 32], [{ $bsonSize: '$i' }, { code: 31393 }], [{ $binarySize: '$s' }, 13], [{ $binarySize: '$i' }, { code: 51276 }], [{ $abs: '$dec' }, dec('1.10')], [{ $floor: dec('-1.5') }, dec('-2')], [{ $ceil: dec('1.2') }, dec('2')],
  [{ $type: '$none' }, 'missing'], [{ $type: '$l' }, 'long'], [{ $type: '$id' }, 'objectId'], [{ $isNumber: '$d' }, true], [{ $isNumber: '$t' }, false],
  [{ $toInt: '$d' }, 2], [{ $toInt: '12' }, 12], [{ $toInt: '1.5' }, { code: 241 }], [{ $toInt: '$max' }, { code: 241 }], [{ $toInt: '$when' }, { code: 241 }], [{ $toInt: '$none' }, null], [{ $toInt: dbl(NaN) }, { code: 241 }],
  [{ $toLong: '$when' }, long(1709212455678)], [{ $toLong: '-5' }, long(-5)], [{ $toDouble: '1e3' }, dbl(1000)], [{ $toDouble: '$b' }, dbl(1)], [{ $toDouble: 'x' }, { code: 241 }], [{ $toDouble: '$o' }, { code: 241 }],
  [{ $toBool: '$zero' }, false], [{ $toBool: '' }, true], [{ $toBool: '$a' }, true], [{ $toString: '$d' }, '2.5'], [{ $toString: dbl(3) }, '3'], [{ $toString: dbl(1e20) }, '1e+20'], [{ $toString: dbl(0.0000123) }, '1.23e-05'],
  [{ $toString: '$when' }, '2024-02-29T13:14:15.678Z'], [{ $toString: '$id' }, '65e08a5c0000000000000001'], [{ $toString: '$max' }, '9223372036854775807'], [{ $toString: '$a' }, { code: 241 }], [{ $toString: '$dec' }, '1.10'],
  [{ $toObjectId: '65e08a5c0000000000000001' }, new ObjectId('65e08a5c0000000000000001')], [{ $toObjectId: 'x' }, { code: 241 }], [{ $toDate: '$id' }, date('2024-02-29T13:45:00Z')], [{ $toDate: '2024-02-29' }, date('2024-02-29')],
  [{ $toDate: long(5) }, new Date(5)], [{ $toDate: 5 }, { code: 241 }], [{ $toDate: '2024-13-01' }, { code: 241 }], [{ $convert: { input: 'x', to: 'int', onError: 'bad' } }, 'bad'], [{ $convert: { input: '$n', to: 'int', onNull: 0 } }, 0],
  [{ $convert: { input: '$i', to: 'string' } }, '7'], [{ $convert: { input: '$i', to: 2 } }, '7'], [{ $convert: { input: 1, to: 'foo' } }, { code: 2 }], [{ $convert: { input: 1 } }, { code: 9 }], [{ $toLong: dec('12.9') }, long(12)],

  // Dates.
  [{ $year: '$when' }, 2024], [{ $month: '$when' }, 2], [{ $dayOfMonth: '$when' }, 29], [{ $hour: '$when' }, 13], [{ $minute: '$when' }, 14], [{ $second: '$when' }, 15], [{ $millisecond: '$when' }, 678], [{ $dayOfWeek: '$when' }, 5],
  [{ $dayOfYear: '$when' }, 60], [{ $week: '$when' }, 8], [{ $isoWeek: '$when' }, 9], [{ $isoWeekYear: '$when' }, long(2024)], [{ $isoDayOfWeek: '$when' }, 4], [{ $isoWeek: '$early' }, 52], [{ $isoWeekYear: { date: date('2021-01-03') } }, long(2020)],
  [{ $hour: { date: '$when', timezone: '+05:30' } }, 18], [{ $dayOfMonth: { date: '$early', timezone: '+0100' } }, 1], [{ $hour: { date: '$when', timezone: 'Europe/Berlin' } }, 14], [{ $hour: { date: '$when', timezone: 'Nowhere/At' } }, { code: 40485 }],
  [{ $year: '$n' }, null], [{ $year: '$t' }, { code: 16006 }], [{ $year: '$id' }, 2024], [{ $year: ['$when'] }, 2024], [{ $year: ['$when', 1] }, { code: 40536 }], [{ $year: { timezone: 'UTC' } }, { code: 40539 }], [{ $year: new Timestamp({ t: 0, i: 1 }) }, 1970],
  [{ $dateToString: { date: '$when' } }, '2024-02-29T13:14:15.678Z'], [{ $dateToString: { date: '$when', format: '%d.%m.%Y %H:%M:%S.%L %j %u %w %V %G %z %Z %%' } }, '29.02.2024 13:14:15.678 060 4 5 09 2024 +0000 +000 %'],
  [{ $dateToString: { date: '$when', format: '%H:%M', timezone: '-03:30' } }, '09:44'], [{ $dateToString: { date: '$when', timezone: '+01:00' } }, '2024-02-29T14:14:15.678Z'], [{ $dateToString: { date: '$n', onNull: '-' } }, '-'], [{ $dateToString: { date: '$when', format: '%q' } }, { code: 18536 }], [{ $dateToString: { format: '%Y' } }, { code: 18628 }],
  [{ $dateFromString: { dateString: '2024-02-29T13:14:15.678Z' } }, date('2024-02-29T13:14:15.678Z')], [{ $dateFromString: { dateString: '2024-02-29T13:14:15+01:00' } }, date('2024-02-29T12:14:15Z')],
  [{ $dateFromString: { dateString: '29/02/2024', format: '%d/%m/%Y' } }, date('2024-02-29')], [{ $dateFromString: { dateString: '2024-02-29 10:00', timezone: '+02:00' } }, date('2024-02-29T08:00:00Z')],
  [{ $dateFromString: { dateString: 'soon' } }, { code: 241 }], [{ $dateFromString: { dateString: 'soon', onError: 'never' } }, 'never'], [{ $dateFromString: { dateString: '$n', onNull: 0 } }, 0],
  [{ $dateToParts: { date: '$when' } }, { year: 2024, month: 2, day: 29, hour: 13, minute: 14, second: 15, millisecond: 678 }],
  [{ $dateToParts: { date: '$when', iso8601: true } }, { isoWeekYear: 2024, isoWeek: 9, isoDayOfWeek: 4, hour: 13, minute: 14, second: 15, millisecond: 678 }],
  [{ $dateFromParts: { year: 2024, month: 2, day: 30 } }, date('2024-03-01')], [{ $dateFromParts: { year: 2024, hour: 25 } }, date('2024-01-02T01:00:00Z')], [{ $dateFromParts: { isoWeekYear: 2024, isoWeek: 9, isoDayOfWeek: 4 } }, date('2024-02-29')],
  [{ $dateFromParts: { month: 1 } }, { code: 40516 }], [{ $dateFromParts: { year: 2024, month: '$n' } }, null], [{ $dateFromParts: { year: 2024, month: 'x' } }, { code: 40515 }],
  [{ $dateAdd: { startDate: '$when', unit: 'month', amount: 12 } }, date('2025-02-28T13:14:15.678Z')], [{ $dateAdd: { startDate: '$when', unit: 'day', amount: 1 } }, date('2024-03-01T13:14:15.678Z')],
  [{ $dateSubtract: { startDate: '$when', unit: 'quarter', amount: 1 } }, date('2023-11-29T13:14:15.678Z')], [{ $dateAdd: { startDate: '$when', unit: 'eon', amount: 1 } }, { code: 9 }], [{ $dateAdd: { startDate: '$when', unit: 'day', amount: 0.5 } }, { code: 5166405 }],
  [{ $dateAdd: { startDate: '$n', unit: 'day', amount: 1 } }, null], [{ $dateAdd: { startDate: 'x', unit: 'day', amount: 1 } }, { code: 5166403 }],
  [{ $dateDiff: { startDate: '$early', endDate: '$when', unit: 'year' } }, long(1)], [{ $dateDiff: { startDate: '$early', endDate: '$when', unit: 'month' } }, long(2)], [{ $dateDiff: { startDate: '$early', endDate: '$when', unit: 'day' } }, long(60)],
  [{ $dateDiff: { startDate: '$early', endDate: '$when', unit: 'week' } }, long(8)], [{ $dateDiff: { startDate: '$early', endDate: '$when', unit: 'week', startOfWeek: 'monday' } }, long(9)], [{ $dateDiff: { startDate: '$when', endDate: '$early', unit: 'hour' } }, long(-1430)],
  [{ $dateTrunc: { date: '$when', unit: 'hour' } }, date('2024-02-29T13:00:00Z')], [{ $dateTrunc: { date: '$when', unit: 'minute', binSize: 5 } }, date('2024-02-29T13:10:00Z')], [{ $dateTrunc: { date: '$when', unit: 'month', binSize: 2 } }, date('2024-01-01')],
  [{ $dateTrunc: { date: '$when', unit: 'week', startOfWeek: 'mon' } }, date('2024-02-26')], [{ $dateTrunc: { date: '$when', unit: 'week' } }, date('2024-02-25')], [{ $dateTrunc: { date: '$when', unit: 'day', timezone: '-14:00' } }, date('2024-02-28T14:00:00Z')],
  [{ $dateTrunc: { date: '$when', unit: 'day', binSize: 0 } }, { code: 5439018 }], [{ $dateTrunc: { date: 1, unit: 'day' } }, { code: 5439012 }],

  // Accumulators as expressions.
  [{ $sum: '$a' }, 6], [{ $sum: ['$i', '$t', '$l'] }, long(12)], [{ $sum: ['$a', 1] }, 1], [{ $sum: '$none' }, 0], [{ $avg: '$a' }, dbl(2)], [{ $avg: '$t' }, null], [{ $max: ['$i', '$t', '$n'] }, 'abc'], [{ $min: '$a' }, 1], [{ $min: '$none' }, null],
  [{ $sum: ['$max', 1] }, dbl(2 ** 63)], [{ $stdDevPop: '$a' }, dbl(0.816496580927726)], [{ $stdDevSamp: [1] }, null],
];
