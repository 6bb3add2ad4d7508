/** What watchers of any system are to the loader. */
export interface WatchingEvents {
  /** So many events came. */
  heard(events: number): void;
  failed(error: Error): void;
}

export interface WatchingConnection {
  close(): void;
}
