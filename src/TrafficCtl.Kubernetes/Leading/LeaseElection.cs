using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Leading;

/// <summary>
/// Leader election by a Kubernetes Lease: at most one process is the leader, the one that holds the Lease and renewed it within the
/// renew deadline.
/// </summary>
/// <remarks>
/// Each process measures only local time between its own observations, so clock skew between machines is harmless. Their clock rates may
/// differ by at most the ratio of lease duration to renew deadline. An own renewal is timed from before the request was sent, another
/// process's renewal from after it was observed. If the wall clock advanced more than the monotonic clock since an own renewal (a suspended
/// machine), the wall clock is used. Kubernetes does not fence writes, so a leader sends one only while <see cref="Holds"/> is true, and
/// with preconditions.
/// </remarks>
public sealed partial class LeaseElection(
    IKube kube, LeaseSettings settings, Random chance, TimeProvider clock, ILogger<LeaseElection> log) : ILeadership, ILeaderTerm
{
    /// <summary>Timeout of the request that releases the Lease.</summary>
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(3);

    private readonly LeaseSettings settings = settings.Checked();
    private volatile Renewal? renewed;

    // The Lease as this process wrote it last; null when it has to be read first.
    private JsonObject? own;

    // The content of the Lease when it last changed, and when this process first saw that.
    private string? seen;
    private long seenAt;
    private string? trouble;

    // How long the holder that the Lease was (or may have been) taken from may still act, null without one; and whether it was taken.
    private TimeSpan? formerly;
    private bool hasTaken;

    /// <summary>The holder of the Lease when it was last read; empty when nobody holds it or it was not read yet.</summary>
    public string Holder { get; private set; } = "";

    /// <summary>Why the last attempt to read or write the Lease failed; null when it succeeded.</summary>
    public string? Trouble => trouble;

    public bool IsLeading => renewed is not null;

    public LeaderTerm? Current => renewed?.Term;

    public bool Holds(TimeSpan callTimeout) => renewed is { } last && last.Age(clock) + callTimeout < settings.RenewDeadline;

    /// <summary>Competes for the Lease and is the leader while it holds it, until stopped; then releases the Lease.</summary>
    /// <param name="lead">
    /// The work of a leader. Its token is cancelled when the leadership ends, and the work must end soon after. When the work ends or fails
    /// by itself, the Lease is released for others.
    /// </param>
    /// <param name="stop">Ends the leadership and this call.</param>
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
            // Nothing to release: HoldTermAsync releases the Lease at the end of a term.
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
            // Expected: the term was cancelled.
        }
        catch (Exception fault)
        {
            LogFailed(settings.Identity, fault);
        }

        // Only after the work has ended, so that it never overlaps with the next leader's.
        if (!isLost) await ReleaseAsync();
        renewed = null;
    }

    /// <summary>Renews until the work ends, the leadership is lost (then <c>renewed</c> is null) or the process stops.</summary>
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

    /// <summary>
    /// Tries once to acquire or renew the Lease. A fault counts as not acquired, and is logged once until an attempt succeeds.
    /// </summary>
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
            // Any fault, also of a malformed Lease: the attempt is repeated, and a leader that cannot renew stops at the renew deadline.
            own = null;
            var text = fault is not OperationCanceledException
                ? fault.Message
                : $"no answer about {settings.Lease} within {DurationText.Of(within)}";
            if (trouble is null) LogTrouble(settings.Identity, text);
            trouble = text;
            return false;
        }
    }

    /// <summary>
    /// Renews the Lease with a single write while it is held; otherwise reads it, and acquires it if it is free or has expired.
    /// </summary>
    /// <returns>Whether this process holds the Lease.</returns>
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
                if (settings.TakesOver && !hasTaken) await TakeAsync(live, stop);
                return false;
            }
        }

        return !(formerly is { } most && clock.GetElapsedTime(seenAt) <= most) && await PutAsync(live, stop);
    }

    /// <summary>
    /// Takes the Lease from a live holder (<see cref="LeaseSettings.TakesOver"/>). The holder notices when it renews next, and stops. It
    /// may act until the lease duration that it had written has passed.
    /// </summary>
    private async ValueTask TakeAsync(JsonObject live, CancellationToken stop)
    {
        var from = Holder;
        // Set before the write, because a failed write may have been done nevertheless.
        formerly = LeaseObject.IsOver(live) ? TimeSpan.Zero : LeaseObject.Duration(live);
        try
        {
            Watch(await kube.ReplaceAsync(settings.Lease, LeaseObject.Held(live, settings, clock.GetUtcNow()), null, stop));
            hasTaken = true;
            LogTook(settings.Identity, from);
        }
        catch (KubeException fault) when (fault.IsConflict)
        {
            // The holder renewed in between; the next attempt retries.
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
            // Another process wrote the Lease in between; the next attempt reads who it was.
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
        using var time = new CancellationTokenSource(ReleaseTimeout, clock);
        try
        {
            await kube.ReplaceAsync(
                settings.Lease,
                settings.TakesOver ? LeaseObject.Over(mine, settings, clock.GetUtcNow()) : LeaseObject.Released(mine, clock.GetUtcNow()),
                null,
                time.Token);
            Holder = "";
        }
        catch (Exception fault) when (fault is KubeException or OperationCanceledException)
        {
            // Harmless: the Lease expires by itself.
            LogKept(settings.Identity, fault.Message);
        }

        own = null;
    }

    private (long Timestamp, DateTimeOffset At) Now() => (clock.GetTimestamp(), clock.GetUtcNow());

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} is the leader (term {Term})")]
    private partial void LogLeads(string identity, long term);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} stands by: {Leader} is the leader")]
    private partial void LogFollows(string identity, string leader);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{Identity} took the Lease from {From}, and begins when that one has surely stopped")]
    private partial void LogTook(string identity, string from);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Identity} is no longer the leader: {Why}. What it applied stays")]
    private partial void LogLost(string identity, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The work of {Identity} as the leader failed; another one may lead")]
    private partial void LogFailed(string identity, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Identity} cannot ask for the Lease: {Why}")]
    private partial void LogTrouble(string identity, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Identity} could not give its Lease back, it runs out by itself: {Why}")]
    private partial void LogKept(string identity, string why);
}
