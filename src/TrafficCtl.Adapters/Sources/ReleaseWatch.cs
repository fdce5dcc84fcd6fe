using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Adapters.Sources;

/// <summary>Publishes what appears in a folder of releases, as often as it is asked to look.</summary>
/// <remarks>A version that the store could not record is kept, and recorded with a later look.</remarks>
public sealed partial class ReleaseWatch(string service, ReleaseFolder folder, IPublications store, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, FoundRelease> waiting = new(StringComparer.Ordinal);
    private HashSet<string> told = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> refused = new(StringComparer.Ordinal);

    /// <summary>What a person should know and can do something about, in sentences.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Looks once a second, until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            try
            {
                await LookAsync(stop);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or StoreUnavailableException)
            {
                Report([fault.Message]);
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    /// <exception cref="StoreUnavailableException">What is complete could not be recorded; the next look tries again.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public async Task LookAsync(CancellationToken stop)
    {
        var changes = await folder.LookAsync(stop);
        foreach (var gone in changes.Gone)
        {
            waiting.Remove(gone);
            refused.Remove(gone);
            LogGone(log, service, gone);
        }

        foreach (var found in changes.Complete) waiting[found.Version] = found;
        foreach (var found in waiting.Values.ToArray())
        {
            await PublishAsync(found, stop);
            waiting.Remove(found.Version);
        }

        Report([.. changes.Troubles, .. refused.Values]);
    }

    private async Task PublishAsync(FoundRelease found, CancellationToken stop)
    {
        var publication = new Publication(
            service, found.Version, found.Digest, Author: "", IsAuthorVerified: false, clock.GetUtcNow(), From: "folder")
        {
            Artifact = found.Artifact,
        };
        var (answer, held) = await store.PublishAsync(publication, stop);
        refused.Remove(found.Version);
        if (answer == PublicationAnswer.Recorded) LogPublished(log, service, found.Version, found.Digest);
        if (answer != PublicationAnswer.OtherDigest) return;
        refused[found.Version] =
            $"{service} {found.Version}: {found.Artifact} is {found.Digest}, and was published as {held.Digest}; a version never changes, "
            + "publish the new content under another name";
    }

    private void Report(IReadOnlyList<string> warnings)
    {
        foreach (var warning in warnings)
            if (!told.Contains(warning)) LogTrouble(log, service, warning);
        told = [.. warnings];
        Warnings = warnings;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: {Version} is complete and published ({Digest})")]
    private static partial void LogPublished(ILogger log, string service, string version, string digest);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{Service}: the folder of {Version} was deleted; it stays published, and cannot be started")]
    private static partial void LogGone(ILogger log, string service, string version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: {Trouble}")]
    private static partial void LogTrouble(ILogger log, string service, string trouble);
}
