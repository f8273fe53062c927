import { T, typeName } from '../bson/types.js';
import { findByName, type Value } from '../bson/value.js';
import { CommandError, typeMismatch } from '../errors.js';

/** `{id: UUID}` and nothing else, byte by byte: what drivers send with every command. */
export function isUsualSession({ type, buf, start, end }: Value): boolean {
  return (
    type === T.object &&
    end - start === 30 &&
    buf[start + 4] === T.binary &&
    buf[start + 5] === 0x69 &&
    buf[start + 6] === 0x64 &&
    buf[start + 7] === 0 &&
    buf[start + 8] === 16 &&
    buf[start + 12] === 4
  );
}

/** The id of `lsid` as latin1 text. Throws unless it holds a UUID. */
export function sessionIdOf(lsid: Value): string {
  if (isUsualSession(lsid)) return lsid.buf.toString('latin1', lsid.start + 13, lsid.end - 1);
  if (lsid.type !== T.object) {
    throw typeMismatch(
      `BSON field 'OperationSessionInfo.lsid' is the wrong type '${typeName(lsid.type)}', expected type 'object'`,
    );
  }
  const id = findByName(lsid, 'id');
  if (!id) throw new CommandError(40414, "BSON field 'lsid.id' is missing but a required field");
  if (id.type !== T.binary || id.end - id.start !== 21 || id.buf[id.start + 4] !== 4) {
    throw typeMismatch("BSON field 'lsid.id' is the wrong type, expected a UUID");
  }
  const uid = findByName(lsid, 'uid');
  const user = uid?.type === T.binary ? uid.buf.toString('latin1', uid.start + 5, uid.end) : '';
  return id.buf.toString('latin1', id.start + 5, id.end) + user;
}
