using System.Collections.Immutable;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>The delivery files of a daemon: read at its start and at each reload, without ever holding it up.</summary>
/// <param name="paths">Files and directories.</param>
/// <param name="abilities">What this process can do: anything else is refused.</param>
internal sealed class DeliverySource(ImmutableArray<string> paths, Abilities abilities)
{
    /// <summary>How long reading may take before it is reported.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Pipes pipes = new();

    /// <summary>What a reload cannot read again.</summary>
    public ImmutableArray<string> ReadOnce => pipes.Names;

    /// <summary>What to tell once reading takes longer than <see cref="Patience"/>.</summary>
    public string SlowWords =>
        $"reading {string.Join(", ", paths)} has not ended after {DurationText.Of(Patience)}: a pipe that nobody writes to, or a mount "
            + "that hangs?";

    /// <summary>From now on a pipe that takes the place of a file is refused: a reload waits for nobody.</summary>
    public void Close() => pipes.Close();

    /// <param name="tell">Called when it takes longer than <see cref="Patience"/>.</param>
    /// <param name="stop">Leaves the reading behind.</param>
    public Task<Parsed<Deliveries>> ReadAsync(Action tell, CancellationToken stop) =>
        Blocking.RunAsync(() => DeliveryFiles.Read(paths, pipes, abilities), Patience, tell, stop);
}
