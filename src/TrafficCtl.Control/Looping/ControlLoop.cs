using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Waking;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Looping;

/// <summary>Drives every service: a round each second, and at once for a service that is woken.</summary>
public sealed partial class ControlLoop
{
    /// <summary>The usual source of services.</summary>
    public const string Files = "the delivery files";

    public static readonly TimeSpan Period = Beat.Period;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FinalSaveTimeout = TimeSpan.FromSeconds(5);

    private readonly Round round;
    private readonly TargetDrivers drivers;
    private readonly Declarations declarations = new();
    private readonly Views views;
    private readonly ControlMetrics counts;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly WorkQueue queue;
    private readonly ClockWatch watch;
    private readonly long start;
    private Adoption? adoption;

    // Owned by the loop.
    private readonly Dictionary<TargetKey, ControlledTarget> targets = [];
    private readonly List<TargetKey> keys = [];
    private readonly List<ControlledTarget> due = [];
    private readonly HashSet<ControlledTarget> again = [];
    private int faults;

    // Read from anywhere.
    private long beatAt;
    private volatile bool hasServices;

    internal ControlLoop(
        Round round, TargetDrivers drivers, WorkQueue queue, Views views, ControlMetrics counts, TimeProvider clock,
        ILogger<ControlLoop> log)
    {
        this.round = round;
        this.drivers = drivers;
        this.queue = queue;
        this.views = views;
        this.counts = counts;
        this.clock = clock;
        this.log = log;
        watch = new ClockWatch(clock, views, counts, log);
        start = beatAt = clock.GetTimestamp();
    }

    /// <summary>
    /// Since the last round ended, or the loop got its first services; zero while it has none, for then no round is due. It goes on while
    /// the loop does not run.
    /// </summary>
    public TimeSpan SinceRound => hasServices ? clock.GetElapsedTime(Interlocked.Read(ref beatAt)) : TimeSpan.Zero;

    /// <summary>Rounds until stopped; then saves the evidence once more. Leaves the routes as they are.</summary>
    /// <remarks>
    /// It may be run again afterwards: another process may have led in between, so nothing of the run before is believed.
    /// </remarks>
    public async Task RunAsync(CancellationToken stop)
    {
        Forget();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await queue.WaitAsync(stop);
                await TurnAsync(stop);
                faults = 0;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // A fault of one service is caught in its round; this is one of the loop itself.
                counts.Faulted();
                Failed(log, ++faults, fault);
                await Task.Delay(Pause(faults), clock, stop).ContinueWith(
                    static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }

        using var last = new CancellationTokenSource(FinalSaveTimeout, clock);
        await round.LastCheckpointAsync(targets.Values, last.Token);
    }

    /// <summary>
    /// What a source declares, at start and at each change. What is no longer named is forgotten here, never in the store.
    /// </summary>
    /// <param name="declared">All services of the source.</param>
    /// <param name="last">
    /// Only asked for a service that the store has never seen: it is then born from its last route, and the fact <c>state-lost</c> says so.
    /// </param>
    /// <param name="source">Names it in texts. What other sources declare stays.</param>
    public void SetServices(ImmutableArray<ServiceSpec> declared, LastKnown? last = null, string source = Files)
    {
        lock (declarations)
        {
            var (all, problems) = declarations.Set(source, declared, last ?? LastKnown.Nothing);
            var driven = all.ToLookup(service => drivers.TryDeclare(service.Spec));
            views.Notice("declared-twice", problems.IsEmpty ? null : string.Join("; ", problems));
            views.Notice("no-module", driven[false].Any() ? Undriven(driven[false]) : null);
            Declare([.. driven[true]]);
        }

        views.Publish();
    }

    private void Declare(ImmutableArray<Declaration> services)
    {
        Interlocked.Exchange(ref adoption, new Adoption(services));
        if (!hasServices) MarkRound();
        hasServices = !services.IsEmpty;
        var now = clock.GetUtcNow();
        foreach (var service in services)
        {
            views.Declare(service.Spec, now);
            queue.Add(service.Spec.Key, TimeSpan.Zero);
        }

        var named = services.Select(static s => s.Spec.Key).ToHashSet();
        foreach (var view in views.All)
            if (!named.Contains(view.Key)) views.Remove(view.Key);
    }

    private static string Undriven(IEnumerable<Declaration> services) =>
        $"nothing in this process can drive {string.Join(", ", services.Select(static s => $"{s.Spec.Key.Name} ({s.Spec.Target.Kind})"))}: "
        + "it stays as it is; start a process with the module for it";

    /// <summary>A round for this service at once; many wakes before it make one round.</summary>
    public void Wake(TargetKey key) => queue.Wake(key);

    /// <returns>False when nothing was due.</returns>
    internal async Task<bool> TurnAsync(CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        Adopt();
        while (queue.TryTakeWoken(out var key))
            if (targets.TryGetValue(key, out var target)) target.Take(target.State.Woken());
        keys.Clear();
        due.Clear();
        again.Clear();
        queue.Take(keys);
        foreach (var key in keys)
            if (targets.TryGetValue(key, out var target)) due.Add(target);
        if (due.Count == 0) return false;
        watch.Look();
        try
        {
            await round.RunAsync(due, again, stop);
        }
        finally
        {
            foreach (var target in due) queue.Add(target.Key, NextFor(target));
        }

        counts.RoundEnded(clock.GetElapsedTime(began));
        MarkRound();
        return true;
    }

    private void MarkRound() => Interlocked.Exchange(ref beatAt, clock.GetTimestamp());

    /// <summary>All on one beat, so that the decisions of a second go into one transaction.</summary>
    private TimeSpan NextFor(ControlledTarget target)
    {
        if (target.State.Health.Faults > 0) return Pause(target.State.Health.Faults);
        if (again.Contains(target)) return TimeSpan.Zero;
        var elapsed = clock.GetElapsedTime(start).Ticks;
        return TimeSpan.FromTicks(Period.Ticks - (elapsed % Period.Ticks));
    }

    /// <summary>All that is kept of services can be built again from the store, the router and the counters; and then it must.</summary>
    private void Forget()
    {
        if (targets.Count == 0) return;
        Interlocked.CompareExchange(ref adoption, new Adoption([.. targets.Values.Select(t => t.State.Declared)]), null);
        foreach (var key in targets.Keys) queue.Add(key, TimeSpan.Zero);
        targets.Clear();
    }

    private static TimeSpan Pause(int faults) =>
        TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, Period.Ticks << Math.Min(faults - 1, 10)));

    private void Adopt()
    {
        // A driver is forgotten here and given in SetServices: a target that is declared again at this moment keeps its own.
        lock (declarations) AdoptDeclared();
    }

    private void AdoptDeclared()
    {
        if (Interlocked.Exchange(ref adoption, null) is not { } adopted) return;
        var named = new HashSet<TargetKey>();
        foreach (var declared in adopted.Services)
        {
            var key = declared.Spec.Key;
            named.Add(key);
            if (targets.TryGetValue(key, out var held))
            {
                var before = held.State.Declared;
                if (!ReferenceEquals(before.Spec, declared.Spec))
                    held.Take(held.State.Redeclared(new Declaration(declared.Spec, before.Last)));
                continue;
            }

            var slot = targets.Count;
            targets[key] = new ControlledTarget(declared, slot, clock.Running() + round.FirstCheckpointAfter(slot));
        }

        foreach (var key in targets.Keys.Where(k => !named.Contains(k)).ToArray())
        {
            targets.Remove(key);
            drivers.Forget(key);
            queue.Remove(key);
            // A round that ran while the services were set may have shown it once more.
            if (!adopted.Services.Any(s => s.Spec.Key == key)) views.Remove(key);
        }
    }

    private sealed record Adoption(ImmutableArray<Declaration> Services);

    [LoggerMessage(Level = LogLevel.Error, Message = "The control loop failed ({Times} times); it goes on")]
    private static partial void Failed(ILogger log, int times, Exception fault);
}
