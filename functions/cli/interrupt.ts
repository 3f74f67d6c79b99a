/** Ctrl-C while something goes on elsewhere: the command ends, and says what goes on. */
import type { ReportError } from '../errors.ts';

/** What shells take for "stopped by Ctrl-C". */
export const stoppedExit = 130;

/** Runs one piece of work at a time; `wasStopped` tells whether an error came of Ctrl-C. */
export const openInterrupts = (signals: NodeJS.EventEmitter) => {
  let stoppedBy: unknown = null;
  return {
    async whileStoppable<T>(stopped: ReportError, work: () => Promise<T>): Promise<T> {
      const { promise, reject } = Promise.withResolvers<never>();
      const stop = () => {
        stoppedBy = stopped;
        reject(stopped);
      };
      signals.once('SIGINT', stop);
      try {
        return await Promise.race([work(), promise]);
      } finally {
        signals.off('SIGINT', stop);
      }
    },
    wasStopped: (error: unknown): boolean => error !== null && error === stoppedBy,
  };
};
