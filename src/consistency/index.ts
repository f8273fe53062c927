export {
  Consistency,
  type ConsistencyRule,
  type ScanDepth,
  type ScanPage,
  type Suspect,
} from './consistency-rule.js';
export { ConsistencyModule } from './consistency.module.js';
export { type Defect, RowRule } from './row-rule.js';
export { danglingAmong, nameKey } from './pointers.js';
