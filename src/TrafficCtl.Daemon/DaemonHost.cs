using System.Collections.Immutable;
using TrafficCtl.Control;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Daemon;

/// <summary>A start that could not be made: what, where, what to do; one line a problem.</summary>
public sealed class DaemonRefusedException(ImmutableArray<string> problems) : Exception(string.Join('\n', problems))
{
    public ImmutableArray<string> Problems => problems;
}

/// <summary>One process: proxy, control loop, store and admin API.</summary>
public sealed class DaemonHost : IAsyncDisposable
{
    private DaemonHost()
    {
    }

    public Views Views => throw new NotSupportedException("shell");

    public Wishes Wishes => throw new NotSupportedException("shell");

    public IStore Store => throw new NotSupportedException("shell");

    /// <summary>The admin API as bound.</summary>
    public Uri Admin => throw new NotSupportedException("shell");

    /// <summary>The bound listener of a service.</summary>
    public Uri AddressOf(string service) => throw new NotSupportedException("shell");

    /// <summary>Starts and returns when ready: listeners bound, a first round made.</summary>
    /// <exception cref="DaemonRefusedException">Bad files, a port in use, an unusable data directory, a second daemon on it.</exception>
    public static Task<DaemonHost> StartAsync(DaemonOptions options, CancellationToken stop) => throw new NotSupportedException("shell");

    /// <summary>Starts, reloads on SIGHUP and file change, drains on SIGTERM or Ctrl-C. Returns the exit code; prints to the given writers.</summary>
    public static Task<int> RunAsync(DaemonOptions options, TextWriter output, TextWriter error, CancellationToken stop) => throw new NotSupportedException("shell");

    /// <summary>Reads the files again. On any problem the last good ones stay in force and the problems are returned.</summary>
    public Task<ImmutableArray<string>> ReloadAsync(CancellationToken stop) => throw new NotSupportedException("shell");

    /// <summary>Readiness off, delay, drain, stop. The routes stay as they are.</summary>
    public Task StopAsync(CancellationToken stop) => throw new NotSupportedException("shell");

    public ValueTask DisposeAsync() => throw new NotSupportedException("shell");
}
