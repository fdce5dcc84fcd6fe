using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace TrafficCtl.Daemon.Config.Reporting;

/// <summary>What pipes and terminals gave: it can be had only once, so it stands for them in every later reading.</summary>
[SuppressMessage("Naming", "CA1724", Justification = "System.IO.Pipes is not used here.")]
public sealed class Pipes
{
    private readonly ConcurrentDictionary<string, byte[]> content = new(StringComparer.Ordinal);
    private volatile bool isClosed;

    /// <summary>Those that were read, in the order of their names.</summary>
    public ImmutableArray<string> Names => [.. content.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads no other pipe from now on.</summary>
    public void Close() => isClosed = true;

    internal bool Knows(string file) => content.ContainsKey(file);

    /// <summary>Null for a pipe that was not read before, once closed.</summary>
    internal byte[]? Read(string file, Func<byte[]> read) =>
        isClosed ? content.GetValueOrDefault(file) : content.GetOrAdd(file, static (_, read) => read(), read);
}
