using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Leading;

/// <summary>At most one of many processes leads: the one that holds a Lease and has renewed it lately.</summary>
/// <remarks>
/// Only local time between two observations counts, so that the machines' clocks may differ; their rates may not, by more
/// than the lease duration over the renew deadline. A renewal counts from before it was sent, somebody else's from after it
/// was seen. Where the time of day has moved further than the monotonic clock (a machine that slept) it counts.
/// Kubernetes fences nothing: a write is sent only while <see cref="Holds"/> says so, and carries preconditions.
/// </remarks>
public sealed partial class LeaseElection(
    IKube kube, LeaseSettings settings, Random chance, TimeProvider clock, ILogger<LeaseElection> log) : ILeadership, ILeaderTerm
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(3);

    private readonly LeaseSettings settings = settings.Checked();
    private volatile Renewal? renewed;
    private JsonObject? own;
    private string? seen;
    private long seenAt;
    private string? trouble;

    // How long whoever the Lease was taken from may have led on; and whether it was taken.
    private TimeSpan? formerly;
    private bool hasTaken;

    /// <summary>Who holds the Lease, as last seen; empty when nobody does or it was not seen yet.</summary>
    public string Holder { get; private set; } = "";

    /// <summary>Why the Lease could not be asked for last; null when it could.</summary>
    public string? Trouble => trouble;

    public bool IsLeading => renewed is not null;

    public LeaderTerm? Current => renewed?.Term;

    public bool Holds(TimeSpan callTimeout) => renewed is { } last && last.Age(clock) + callTimeout < settings.RenewDeadline;

    /// <summary>Leads whenever it can, until stopped; then gives the Lease back.</summary>
    /// <param name="lead">
    /// The work of a leader; its token ends with the leadership, and it must end soon after. When it ends or fails by itself, others are
    /// let lead.
    /// </param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                while (!await TryAsync(settings.RenewDeadline, stop)) await Task.Delay(settings.Wait(chance), clock, stop);
                await HoldTermAsync(lead, stop);
                await Task.Delay(settings.Wait(chance), clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The Lease was given back when the reign ended.
        }
    }

    private async Task HoldTermAsync(Func<CancellationToken, Task> lead, CancellationToken stop)
    {
        LogLeads(settings.Identity, renewed!.Term.Transitions);
        using var term = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var leading = Task.Run(() => lead(term.Token), CancellationToken.None);
        await RenewAsync(leading, stop);
        var isLost = renewed is null;
        if (isLost) LogLost(
            settings.Identity,
            trouble?.TrimEnd('.') ?? (Holder == settings.Identity ? "it did not renew the Lease in time" : $"{Holder} holds the Lease"));
        await term.CancelAsync();
        try
        {
            await leading;
        }
        catch (OperationCanceledException) when (term.IsCancellationRequested)
        {
            // As asked.
        }
        catch (Exception fault)
        {
            LogFailed(settings.Identity, fault);
        }

        // Only now: whoever is next must not meet work of ours.
        if (!isLost) await ReleaseAsync();
        renewed = null;
    }

    /// <summary>Until the work ends, the leadership is lost or the process stops.</summary>
    private async Task RenewAsync(Task leading, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && renewed is { } last)
        {
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(leading, Task.Delay(settings.RetryPeriod, clock, pause.Token));
            await pause.CancelAsync();
            if (leading.IsCompleted || stop.IsCancellationRequested) return;
            var left = settings.RenewDeadline - last.Age(clock);
            try
            {
                if (left > TimeSpan.Zero) await TryAsync(left, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            if (renewed is { } now && now.Age(clock) >= settings.RenewDeadline) renewed = null;
        }
    }

    /// <summary>One try to get or renew the Lease; a fault is none, and told once.</summary>
    internal async ValueTask<bool> TryAsync(TimeSpan within, CancellationToken stop)
    {
        using var time = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            var holds = await AskAsync(either.Token);
            trouble = null;
            return holds;
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever it is (a Lease that somebody filled with nonsense too): who does not know that it leads must stop, and try again.
            own = null;
            var text = fault is not OperationCanceledException
                ? fault.Message
                : $"no answer about {settings.Lease} within {DurationText.Of(within)}";
            if (trouble is null) LogTrouble(settings.Identity, text);
            trouble = text;
            return false;
        }
    }

    private async ValueTask<bool> AskAsync(CancellationToken stop)
    {
        if (renewed is not null && own is { } mine && await PutAsync(mine, stop)) return true;
        if (await kube.GetAsync(settings.Lease, stop) is not { } live)
        {
            var asked = Now();
            return Hold(await kube.CreateAsync(KubeKind.Lease, settings.Namespace, LeaseObject.New(settings, asked.At), stop), asked);
        }

        Watch(live);
        if (Holder.Length > 0 && Holder != settings.Identity)
        {
            renewed = null;
            if (clock.GetElapsedTime(seenAt) <= LeaseObject.Duration(live))
            {
                if (settings.IsLast && !hasTaken) await TakeAsync(live, stop);
                return false;
            }
        }

        return !(formerly is { } most && clock.GetElapsedTime(seenAt) <= most) && await PutAsync(live, stop);
    }

    /// <summary>
    /// The holder sees it when it renews next, and stops; until the time is over that it let others wait it may be at work.
    /// </summary>
    private async ValueTask TakeAsync(JsonObject live, CancellationToken stop)
    {
        var from = Holder;
        // Before the write: nobody may know whether it was done.
        formerly = LeaseObject.IsOver(live) ? TimeSpan.Zero : LeaseObject.Duration(live);
        try
        {
            Watch(await kube.ReplaceAsync(settings.Lease, LeaseObject.Held(live, settings, clock.GetUtcNow()), null, stop));
            hasTaken = true;
            LogTook(settings.Identity, from);
        }
        catch (KubeException fault) when (fault.IsConflict)
        {
            // Renewed in between; it is retried.
        }
    }

    private async ValueTask<bool> PutAsync(JsonObject live, CancellationToken stop)
    {
        var asked = Now();
        try
        {
            return Hold(await kube.ReplaceAsync(settings.Lease, LeaseObject.Held(live, settings, asked.At), null, stop), asked);
        }
        catch (KubeException fault) when (fault.IsConflict)
        {
            // Somebody was there in between; who it is, the next look tells.
            own = null;
            return false;
        }
    }

    private bool Hold(JsonObject written, (long Timestamp, DateTimeOffset At) asked)
    {
        (own, formerly) = (written, null);
        Watch(written);
        renewed = new Renewal(asked.Timestamp, asked.At, LeaseObject.Term(written));
        return true;
    }

    private void Watch(JsonObject live)
    {
        var holder = LeaseObject.Holder(live);
        if (holder.Length > 0 && holder != Holder && holder != settings.Identity) LogFollows(settings.Identity, holder);
        Holder = holder;
        var record = LeaseObject.Record(live);
        if (record == seen) return;
        (seen, seenAt) = (record, clock.GetTimestamp());
    }

    private async Task ReleaseAsync()
    {
        if (own is not { } mine) return;
        using var time = new CancellationTokenSource(LastWords, clock);
        try
        {
            await kube.ReplaceAsync(
                settings.Lease,
                settings.IsLast ? LeaseObject.Over(mine, settings, clock.GetUtcNow()) : LeaseObject.Released(mine, clock.GetUtcNow()), null,
                time.Token);
            Holder = "";
        }
        catch (Exception fault) when (fault is KubeException or OperationCanceledException)
        {
            // It runs out by itself.
            LogKept(settings.Identity, fault.Message);
        }

        own = null;
    }

    private (long Timestamp, DateTimeOffset At) Now() => (clock.GetTimestamp(), clock.GetUtcNow());

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} leads (term {Term})")]
    private partial void LogLeads(string identity, long term);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} stands by: {Leader} leads")]
    private partial void LogFollows(string identity, string leader);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{Identity} took the Lease from {From}, and begins when that one has surely stopped")]
    private partial void LogTook(string identity, string from);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Identity} leads no longer: {Why}. What it applied stays")]
    private partial void LogLost(string identity, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The work of {Identity} as the leader failed; another one may lead")]
    private partial void LogFailed(string identity, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Identity} cannot ask for the Lease: {Why}")]
    private partial void LogTrouble(string identity, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Identity} could not give its Lease back, it runs out by itself: {Why}")]
    private partial void LogKept(string identity, string why);
}
