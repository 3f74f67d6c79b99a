/** A mail server in this process that keeps what it gets, refuses whom it is told to, and can vanish in mid-sentence. */
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';

export type MailServer = {
  readonly url: string;
  /** Recipients of what arrived, in order, one entry a message. */
  readonly arrived: string[];
  readonly messages: string[];
  readonly refused: Set<string>;
  /** For these the connection breaks after the message was taken, before it is answered. */
  readonly dropped: Set<string>;
  close(): Promise<void>;
};

export const openMailServer = async (): Promise<MailServer> => {
  const arrived: string[] = [];
  const messages: string[] = [];
  const refused = new Set<string>();
  const dropped = new Set<string>();
  const sockets = new Set<{ destroy(): void; readonly remotePort?: number | undefined }>();
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    logger: false,
    closeTimeout: 50,
    onRcptTo: ({ address }, _session, callback) => callback(refused.has(address) ? new Error('no such mailbox') : null),
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address).join(' + ');
        arrived.push(to);
        messages.push(Buffer.concat(chunks).toString());
        if (!dropped.has(to)) return callback(null, 'queued as 1');
        for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
      });
    },
  });
  const listening = server.listen(0, '127.0.0.1');
  listening.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await once(listening, 'listening');
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    arrived,
    messages,
    refused,
    dropped,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
};
