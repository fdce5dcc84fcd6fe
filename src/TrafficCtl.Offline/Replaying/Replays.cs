using TrafficCtl.Adapters;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Replaying;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.V1;

namespace TrafficCtl.Offline.Replaying;

/// <summary>Reads a data directory, also of a running daemon, and judges its recorded rollouts again.</summary>
public static class Replays
{
    /// <exception cref="DaemonRefusedException">
    /// No such directory, store, service or rollout, nothing recorded, or a bad file of tolerances.
    /// </exception>
    public static async Task<ReplayResponse> ReadAsync(ReplayRequest request, CancellationToken stop)
    {
        var under = AnalysisOf(request);
        var directory = Path.GetFullPath(request.DataDirectory);
        if (!Directory.Exists(directory)) throw Refused($"no data directory: {directory}: name that of a daemon with --data-dir");
        try
        {
            return await StorageServices.ReadHistoryAsync(
                DataDirectory.DatabaseIn(directory), history => ReadAsync(history, request, under, stop));
        }
        catch (StoreUnavailableException fault)
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }

    private static async Task<ReplayResponse> ReadAsync(
        IHistory history, ReplayRequest request, AnalysisChanges? under, CancellationToken stop)
    {
        var recordings =
            await history.RecordingsAsync(new RecordingQuery(request.Service, request.Rollout, request.Since, request.Last), stop);
        if (recordings.IsEmpty) throw Refused(await WhyNoneAsync(history, request, stop));
        var rollouts = new List<Replayed>();
        foreach (var recording in recordings)
        {
            stop.ThrowIfCancellationRequested();
            rollouts.Add(await Replayer.ReplayAsync(history, recording, under is null ? null : under.Over, stop));
        }

        return ReplayMessages.Of(rollouts, request.AnalysisFile);
    }

    private static async Task<string> WhyNoneAsync(IHistory history, ReplayRequest request, CancellationToken stop)
    {
        var all = await history.RecordingsAsync(new RecordingQuery(Limit: ReplayRequest.MostLast), stop);
        if (all.IsEmpty)
            return $"nothing is recorded: {Path.GetFullPath(request.DataDirectory)}: windows are kept of rollouts that a daemon made with "
                + "--keep-windows above 0";
        if (request.Service is { } service && all.All(r => r.State.Service != service))
            return $"no recorded rollout of this service: {service}: "
                + $"{Suggest.DidYouMean(service, all.Select(r => r.State.Service)) ?? Known(all.Select(r => r.State.Service))}";
        if (request.Rollout is { } rollout && all.All(r => r.State.Id != rollout))
            return $"no such recorded rollout: {rollout}: "
                + $"{Suggest.DidYouMean(rollout, all.Select(r => r.State.Id)) ?? Known(all.Select(r => r.State.Id))}";
        return $"no recorded rollout matches: {all.Length} are recorded, the newest one of {InstantText.Of(all[0].To)}: ask for others";
    }

    private static string Known(IEnumerable<string> names) =>
        $"there are {string.Join(", ", names.Distinct(StringComparer.Ordinal).Take(10))}";

    private static AnalysisChanges? AnalysisOf(
        ReplayRequest request) => request.AnalysisFile is not { } file ? null : AnalysisFile.LoadChanges(file) switch
        {
            Parsed<AnalysisChanges>.Ok(var changes) => changes,
            Parsed<AnalysisChanges>.Problems(var problems) => throw new DaemonRefusedException([.. problems.Select(p => p.ToString())]),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private static DaemonRefusedException Refused(string problem) => new([problem]);
}
