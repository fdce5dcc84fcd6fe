using System.Collections.Immutable;

namespace TrafficCtl.Daemon.Api;

/// <summary>Why clusters of this process are not driven now, a sentence each; empty when all are.</summary>
internal delegate ImmutableArray<string> ClusterNotes();
