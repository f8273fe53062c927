import {
  collectionKey,
  type Catalog,
  type CollectionInfo,
  type CollectionStates,
} from '../catalog/catalog.js';
import type { WriteView } from '../catalog/records.js';
import { Overlay, OverlayView } from '../kv/overlay.js';
import { WriteScope } from '../scope.js';
import type { KeyLocks } from './key-locks.js';

/**
 * A change outside transactions while transactions hold locks. It is planned on the side, so that meeting a lock (`Blocked`)
 * leaves nothing behind; `apply` then plans it for the next commit.
 */
export class Attempt {
  readonly scope: WriteScope;
  private readonly overlay = new Overlay();

  constructor(
    private readonly planned: WriteView,
    catalog: Catalog,
    locks: KeyLocks,
    assertUntouched: (ns: string) => void,
  ) {
    const { overlay } = this;
    const view = new OverlayView(planned, () => overlay) as OverlayView & WriteView;
    view.put = (key, value) => {
      locks.assertFree(key);
      overlay.put(key, value);
    };
    view.remove = (key) => {
      locks.assertFree(key);
      overlay.remove(key);
    };
    const states: CollectionStates = {
      get planned() {
        return catalog.planned;
      },
      create: (ns: string): CollectionInfo => {
        locks.assertFree(collectionKey(ns));
        return catalog.create(ns);
      },
      replace: (info) => catalog.replace(info),
      allocateIdent: () => catalog.allocateIdent(),
      allocateRecordId: (info) => catalog.allocateRecordId(info),
    };
    this.scope = new WriteScope(view, states, assertUntouched);
  }

  apply(): void {
    this.overlay.writeTo(this.planned);
  }
}
