import { differ } from './difference.js';
import type { Operation } from './operations.js';
import { unexpected, type Subject } from './subject.js';

export async function checkCreateIndex(
  subject: Subject,
  operation: Extract<Operation, { kind: 'createIndex' }>,
): Promise<void> {
  const { index } = operation;
  const present = subject.model.indexes.some(({ name }) => name === index.name);
  const objection = present ? null : subject.model.buildObjection(index);
  const answer = await subject.createIndex(index);
  if (subject.refused(answer)) return;
  if (objection !== null) {
    if (answer.ok)
      differ(`building ${index.name} over documents it does not allow`, objection.code, 'success');
    if (answer.code !== objection.code) differ(`building ${index.name}`, objection.code, answer.message);
    return;
  }
  if (!answer.ok) unexpected(`building ${index.name}`, answer);
  if (!present) subject.model.indexes.push(index);
}

const INDEX_NOT_FOUND = 27;

export async function checkDropIndex(
  subject: Subject,
  operation: Extract<Operation, { kind: 'dropIndex' }>,
): Promise<void> {
  const answer = await subject.ask({ dropIndexes: subject.name, index: operation.name });
  const position = subject.model.indexes.findIndex(({ name }) => name === operation.name);
  if (position < 0) {
    if (answer.ok || answer.code !== INDEX_NOT_FOUND)
      differ('dropping an index that is not there', 27, answer.ok);
    return;
  }
  if (!answer.ok) unexpected('dropIndexes', answer);
  subject.model.indexes.splice(position, 1);
}
