import { MongoServerError, type Db, type Document } from 'mongodb';

/** The code and name of the error that a command is answered with; fails if it succeeds. */
export async function refusal(db: Db, command: Document): Promise<[unknown, unknown]> {
  const error = await refused(db, command);
  return [error.code, error.codeName];
}

/** The error that a command is answered with. */
export async function refused(db: Db, command: Document): Promise<MongoServerError> {
  try {
    const reply = await db.command(command);
    throw new Error(`answered ${JSON.stringify(reply)}`);
  } catch (error) {
    if (error instanceof MongoServerError) return error;
    throw error;
  }
}
