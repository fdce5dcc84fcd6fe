using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>
/// A router over a directory of its own, with a clock and health that the test moves; <see cref="Restart()"/> is another process.
/// </summary>
internal sealed class Bench : IDisposable
{
    public const string Service = "checkout";

    public Bench()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("trafficctl-router-").FullName;
        Restart();
    }

    public string Directory { get; }

    public string LatchFile => Path.Combine(Directory, "latch.json");

    public ManualClock Clock { get; } = new();

    public FakeHealth Health { get; } = new();

    public ListLog Log { get; } = new();

    public ServiceSpec Spec { get; set; } = SpecOf("v1", "v2", "v3");

    public ServiceRuntimes Services { get; private set; } = null!;

    public EmbeddedRouter Router { get; private set; } = null!;

    public Serving Serving => Services.Find(Keys.Of(Service))!.Current;

    public void Restart() => Restart(Spec);

    public void Restart(params ReadOnlySpan<ServiceSpec> specs)
    {
        Router?.Dispose();
        Services = new ServiceRuntimes();
        Router = new EmbeddedRouter(Directory, Services, Health, Clock, Log);
        Router.Configure([.. specs]);
    }

    public static ServiceSpec SpecOf(params string[] versions) => new()
    {
        Service = Service,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("localhost", 0, null),
        },
        Versions = [.. versions.Select(v => new VersionSpec(v, [new Uri($"http://{v}.test")]))],
        Stable = versions[0],
        Cohorts = [new Cohort("staff", new RequestAttribute(AttributeSource.Header, "x-staff"), "yes")],
    };

    public static ServiceRoute Route(long generation, int basisPoints, string id = "checkout-default-1", string candidate = "v2") =>
        new(Keys.Of(Service), generation, "v1", candidate, id, Exposure.Of(Weights.OfCandidate(basisPoints)));

    public ApplyOutcome Apply(ServiceRoute route) => Router.ApplyAsync(route, default).AsTask().GetAwaiter().GetResult();

    public RouterStatus Observe() => Router.ObserveAsync(Keys.Of(Service), default).AsTask().GetAwaiter().GetResult()!;

    public Reading Read() => Router.ReadAsync(Keys.Of(Service), default).AsTask().GetAwaiter().GetResult()!;

    public void Send(Arm arm, int count, Outcome outcome = Outcome.Success, int cohort = 0)
    {
        var cell = Serving.Cell(arm, cohort);
        for (var i = 0; i < count; i++)
        {
            cell.Start();
            cell.End(outcome, 10_000, 0, 0, 0, hasUser: false);
        }
    }

    /// <summary>Requests of users with these hashes, in turn.</summary>
    public void SendAs(Arm arm, int count, uint firstUser, int users, Outcome outcome = Outcome.Success)
    {
        var cell = Serving.Cell(arm, 0);
        for (var i = 0; i < count; i++)
        {
            cell.Start();
            cell.End(outcome, 10_000, 0, 0, Murmur3.Hash(BitConverter.GetBytes(firstUser + (uint)(i % users))), hasUser: true);
        }
    }

    /// <summary>Clients that leave while the version has not begun to answer.</summary>
    public void Leave(Arm arm, int count, double seconds)
    {
        var cell = Serving.Cell(arm, 0);
        for (var i = 0; i < count; i++)
        {
            cell.Start();
            cell.End(Outcome.ClientAbort, Ticks(seconds), 0, 0, 0, hasUser: false, waited: new Waited(WaitFor.Answer, Ticks(seconds)));
        }
    }

    /// <summary>In units of the clock's timestamps.</summary>
    public long Ticks(double seconds) => (long)(seconds * Clock.TimestampFrequency);

    /// <summary>One tick of the breaker.</summary>
    public void Tick() => Clock.Advance(Breaker.Period);

    /// <summary>A failing candidate at 50 requests/s beside a good stable at 950.</summary>
    public void FailUntilTripped()
    {
        for (var i = 0; i < 8; i++)
        {
            Send(Arm.Candidate, 12, Outcome.ServerError);
            if (Serving.Effective.General != Weights.AllCandidate) Send(Arm.Stable, 238);
            Tick();
        }
    }

    public void Dispose()
    {
        Router.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

internal sealed class FakeHealth : IArmHealthSource
{
    public Dictionary<string, int> Live { get; } = new(StringComparer.Ordinal);

    public ArmHealth HealthOf(TargetKey key, string version)
    {
        var live = Live.GetValueOrDefault(version, 1);
        return new ArmHealth(1, live, 1, null);
    }
}

internal sealed class ListLog : ILogger<EmbeddedRouter>
{
    public List<(LogLevel Level, string Text)> Entries { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Add((logLevel, formatter(state, exception)));
}
