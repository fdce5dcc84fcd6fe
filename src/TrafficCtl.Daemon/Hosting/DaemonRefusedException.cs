using System.Collections.Immutable;

namespace TrafficCtl.Daemon.Hosting;

/// <summary>A start that could not be made: what, where, what to do; one line a problem.</summary>
public sealed class DaemonRefusedException(ImmutableArray<string> problems, Exception? inner = null)
    : Exception(string.Join('\n', problems), inner)
{
    public ImmutableArray<string> Problems => problems;
}
