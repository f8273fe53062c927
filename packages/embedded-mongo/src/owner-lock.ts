import { closeSync, constants, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** The right to use a folder; it ends with `release` or with the process. */
export interface OwnerLock {
  release(): Promise<void>;
}

/** Another process (or another store in this one) uses the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/**
 * Takes the folder for this process. The lock is the kernel's and dies with its holder, so a crash never leaves it behind:
 * on Linux an abstract Unix socket named after the folder's device and inode (it also tells a rival the owner's pid), on
 * macOS an exclusive open, on Windows a named pipe.
 */
export async function lockFolder(folder: string): Promise<OwnerLock> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.platform === 'darwin') return lockByOpen(folder);
  const { dev, ino } = statSync(folder, { bigint: true });
  const name = `embedded-mongo-${dev}-${ino}`;
  return lockBySocket(folder, process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : `\0${name}`);
}

async function lockBySocket(folder: string, path: string): Promise<OwnerLock> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(String(process.pid));
  });
  try {
    await listening(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw inUse(folder, await askPid(path));
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, resolve);
  });
}

/** The owner's event loop may be busy for a moment; after two seconds the answer goes without its pid. */
function askPid(path: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(text));
  });
}

const O_EXLOCK = 0x20;

async function lockByOpen(folder: string): Promise<OwnerLock> {
  const pidFile = join(folder, 'owner.pid');
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
    const descriptor = openSync(join(folder, 'owner.lock'), flags, 0o600);
    writeFileSync(pidFile, String(process.pid));
    return { release: async () => closeSync(descriptor) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EAGAIN' && code !== 'EWOULDBLOCK') throw error;
    throw inUse(folder, readFileSync(pidFile, 'utf8'));
  }
}

function inUse(folder: string, pid: string): FolderInUseError {
  return new FolderInUseError(`${folder} is in use by process ${pid === '' ? '(it did not answer)' : pid}`);
}
