using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Events;

public sealed class EventRecorderTests
{
    private static readonly KubeOrigin Checkout = new(Shop.Service("checkout"), "uid-1");

    private readonly MemoryCluster kube = new();
    private readonly ManualClock clock = new();

    [Fact]
    public async Task An_event_has_all_that_the_API_asks_for()
    {
        await TellAsync(Told("the rollout began"));

        var written = Assert.Single(Events());
        Assert.Equal("shop", written["metadata"]!["namespace"]!.ToString());
        Assert.StartsWith("checkout.", written["metadata"]!["name"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("2026-01-01T00:00:00.000000Z", written["eventTime"]!.ToString());
        Assert.Equal(
            ("trafficctl.io/trafficctl", "pod-1"), (written["reportingController"]!.ToString(), written["reportingInstance"]!.ToString()));
        Assert.Equal(
            ("Started", "Start", "Normal", "the rollout began"),
            (written["reason"]!.ToString(), written["action"]!.ToString(), written["type"]!.ToString(), written["note"]!.ToString()));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"apiVersion":"v1","kind":"Service","namespace":"shop","name":"checkout","uid":"uid-1"}"""),
            written["regarding"]));
    }

    [Fact]
    public async Task A_long_note_is_cut_at_a_whole_character()
    {
        await TellAsync(Told(string.Concat(Enumerable.Repeat("€", 700))));

        var note = Assert.Single(Events())["note"]!.ToString();
        Assert.InRange(Encoding.UTF8.GetByteCount(note), 1_000, EventObject.LongestNote);
        Assert.EndsWith("€…", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_again_counts_up_the_one_before()
    {
        await TellAsync(Told("no data"), Told("no data"), Told("no data"));

        var written = Assert.Single(Events());
        Assert.Equal(3, written["series"]!["count"]!.GetValue<int>());
        Assert.Equal("2026-01-01T00:00:00.000000Z", written["series"]!["lastObservedTime"]!.ToString());
    }

    [Fact]
    public async Task After_the_window_it_is_an_event_of_its_own()
    {
        using var told = new Run(this);
        await told.WriteAsync(Told("no data"));
        clock.Advance(EventLimiter.Window + TimeSpan.FromSeconds(1));
        await told.WriteAsync(Told("no data"));

        Assert.Equal(2, Events().Length);
    }

    [Fact]
    public async Task Many_of_a_kind_become_one()
    {
        await TellAsync([.. Enumerable.Range(1, 20).Select(i => Told($"request {i} failed"))]);

        Assert.Equal(11, Events().Length);
        var combined = Assert.Single(Events(), e => e["series"] is not null);
        Assert.Equal("(one of several like it) request 11 failed", combined["note"]!.ToString());
        Assert.Equal(10, combined["series"]!["count"]!.GetValue<int>());
    }

    [Fact]
    public async Task An_object_that_says_too_much_is_cut_short_and_another_is_not()
    {
        using var told = new Run(this);
        for (var i = 0; i < 40; i++) await told.WriteAsync(Told($"n{i}") with { Reason = $"R{i}" });
        Assert.Equal(EventLimiter.Burst, Events().Length);
        Assert.Equal(15, told.Teller.Left);

        await told.WriteAsync(Told("else") with { About = new KubeOrigin(Shop.Service("cart"), "uid-2") });
        Assert.Equal(EventLimiter.Burst + 1, Events().Length);

        // It is the time that passes that fills it up again, and not a clock that is set.
        clock.Set(TimeSpan.FromDays(1));
        await told.WriteAsync(Told("a day ahead"));
        Assert.Equal(EventLimiter.Burst + 1, Events().Length);
        clock.Set(TimeSpan.FromHours(-25));
        clock.Advance(EventLimiter.Refill);
        await told.WriteAsync(Told("later"));
        await told.WriteAsync(Told("and later"));
        Assert.Equal(EventLimiter.Burst + 2, Events().Length);
    }

    [Fact]
    public async Task An_event_that_is_gone_is_written_anew()
    {
        using var told = new Run(this);
        await told.WriteAsync(Told("no data"));
        kube.Remove(new KubeName(KubeKind.Event, "shop", Events()[0]["metadata"]!["name"]!.ToString()));
        await told.WriteAsync(Told("no data"));

        Assert.Single(Events());
    }

    [Fact]
    public async Task A_server_that_refuses_costs_an_event_and_nothing_else()
    {
        using var told = new Run(this);
        kube.Fault = _ => new KubeException("create events: forbidden", HttpStatusCode.Forbidden, "Forbidden");
        await told.WriteAsync(Told("lost"));
        kube.Fault = null;
        await told.WriteAsync(Told("kept"));

        Assert.Equal("kept", Assert.Single(Events())["note"]!.ToString());
        Assert.Equal(1, told.Teller.Left);
    }

    [Fact]
    public void What_nobody_writes_down_is_bounded()
    {
        var recorder = new EventRecorder(kube, "pod-1", clock, NullLogger<EventRecorder>.Instance);
        for (var i = 0; i < EventRecorder.MostWaiting + 7; i++) recorder.Record(Told($"{i}"));

        Assert.Equal(7, recorder.Left);
    }

    private static ObjectEvent Told(string note) => new(Checkout, IsWarning: false, "Started", "Start", note);

    private System.Collections.Immutable.ImmutableArray<JsonObject> Events() => kube.All(KubeKind.Event);

    private async Task TellAsync(params ObjectEvent[] all)
    {
        using var told = new Run(this);
        foreach (var one in all) await told.WriteAsync(one);
    }

    /// <summary>A recorder at work; what is told is written when the call returns.</summary>
    private sealed class Run : IDisposable
    {
        private readonly CancellationTokenSource stop = new();

        public Run(EventRecorderTests test)
        {
            Teller = new EventRecorder(test.kube, "pod-1", test.clock, NullLogger<EventRecorder>.Instance);
        }

        public EventRecorder Teller { get; }

        public Task WriteAsync(ObjectEvent told) => Teller.WriteAsync(told, stop.Token);

        public void Dispose() => stop.Dispose();
    }
}
