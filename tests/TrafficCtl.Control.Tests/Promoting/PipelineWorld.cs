using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Control.Promoting.Looping;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Control.Tests.Promoting;

/// <summary>One machine with a pipeline: both loops and both engines over ports in memory, and one clock.</summary>
internal sealed class PipelineWorld : IDisposable
{
    public const string Service = "checkout";

    private ServiceProvider process;

    /// <param name="spec">The pipeline; null for test → staging → prod.</param>
    public PipelineWorld(PipelineSpec? spec = null)
    {
        Spec = spec ?? Specs.Three();
        Router = new FakeRouter(Calls);
        Metrics = new FakeMetrics(Router, Clock, Calls);
        Store = new FakeStore(Calls);
        Promotions = new FakePromotionFacts(Calls);
        Runtime = new FakeRuntime(Calls, Router) { Kind = Spec.Targets[0].Runtime.Kind };
        Publications = new FakePublications(Calls);
        Questions = new FakeQuestions(Calls);
        process = Start();
    }

    public PipelineSpec Spec { get; private set; }

    public ManualClock Clock { get; } = new();

    public PortCalls Calls { get; } = new();

    public FakeRouter Router { get; }

    public FakeMetrics Metrics { get; }

    public FakeStore Store { get; private set; }

    public FakePromotionFacts Promotions { get; private set; }

    public FakeRuntime Runtime { get; }

    public FakePublications Publications { get; private set; }

    public FakeQuestions Questions { get; }

    /// <summary>Why services cannot be declared; empty when they can.</summary>
    public ImmutableArray<string> Undeclarable { get; set; } = [];

    public ControlLoop Loop => process.GetRequiredService<ControlLoop>();

    public PromotionLoop Promotion => process.GetRequiredService<PromotionLoop>();

    public IPromotionOrders Orders => process.GetRequiredService<IPromotionOrders>();

    public PromotionView View => process.GetRequiredService<PromotionViews>().Find(Service)!;

    public ImmutableArray<PromotionFact> Facts => Promotions.Of(Service);

    public PromotionState State => Facts.Aggregate(PromotionState.Empty, static (state, fact) => state.Apply(fact));

    public static TargetKey Key(string environment, string target = TargetKey.DefaultTarget) => new(Service, environment, target);

    /// <summary>Published, and known to the loop at once.</summary>
    public async Task<string> PublishAsync(
        string version, Compatibility compatibility = Compatibility.Reversible, string author = "ann", bool isAwaited = true)
    {
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version)))}";
        await Publications.PublishAsync(
            new(Service, version, digest, author, true, Clock.GetUtcNow(), "a test") { Compatibility = compatibility }, default);
        if (isAwaited)
        {
            Promotion.Wake(Service);
            await SettleAsync();
        }

        return Pairing.Pair(version, new BundlePart(digest, digest)).Bundle!.Hash;
    }

    public async Task<OrderOutcome> OrderAsync(Func<FactStamp, PromotionFact> make, string who = "ann")
    {
        var answer = Orders.MakeAsync(Service, at => make(new FactStamp(0, at, who, "because")), default).AsTask();
        await SettleAsync();
        return await answer;
    }

    /// <summary>What has all traffic of a target, by the router.</summary>
    public string? Serving(string environment, string target = TargetKey.DefaultTarget) =>
        Router.Find(Key(environment, target)) is { } route && !Router.Effective(Key(environment, target)).ReachesCandidate
            ? route.Stable
            : null;

    /// <summary>Good in the environment, by the facts.</summary>
    public bool IsGood(string environment, string hash) => State.In(environment).Of(hash).GoodAt is not null;

    public void Redeclare(PipelineSpec spec) => Promotion.SetPipelines([Spec = spec]);

    /// <summary>Only what a pipeline keeps is gone: as for a service that was declared without one before.</summary>
    public void LosePromotions()
    {
        Promotions = new FakePromotionFacts(Calls);
        Restart();
    }

    /// <summary>Everything on the disk is gone, and the process is another.</summary>
    public void LoseStore()
    {
        (Promotions, Store, Publications) = (new FakePromotionFacts(Calls), new FakeStore(Calls), new FakePublications(Calls));
        Restart();
    }

    /// <summary>Takes the memory of the process away and starts another.</summary>
    public void Restart(TimeSpan downFor = default)
    {
        process.Dispose();
        Calls.Revive();
        Clock.Advance(downFor);
        Metrics.Restart();
        Questions.Restart();
        process = Start();
    }

    /// <summary>Rounds of this moment, until nothing is due.</summary>
    public async Task SettleAsync()
    {
        for (var i = 0; await TurnAsync(); i++)
            if (i > 300) throw new InvalidOperationException($"the loops never come to rest: {Tail()}");
    }

    public async Task SecondAsync()
    {
        foreach (var target in Spec.Targets) Metrics.Flow(target.Key, TimeSpan.FromSeconds(1));
        Clock.Advance(TimeSpan.FromSeconds(1));
        await SettleAsync();
    }

    /// <returns>Seconds that it took.</returns>
    public async Task<int> UntilAsync(Func<PipelineWorld, bool> done, int seconds = 300)
    {
        for (var i = 0; i < seconds; i++)
        {
            if (done(this)) return i;
            await SecondAsync();
        }

        throw new InvalidOperationException($"it has not come about in {seconds} s: {Tail()}");
    }

    public async Task WaitAsync(int seconds)
    {
        for (var i = 0; i < seconds; i++) await SecondAsync();
    }

    public void Dispose() => process.Dispose();

    private string Tail()
    {
        var facts = Facts.TakeLast(12).Select(static f => $"{f.Name} {f.Stamp.Why}");
        var view = process.GetRequiredService<PromotionViews>().Find(Service);
        var views = process.GetRequiredService<Views>();
        var targets = view?.Targets.Select(
            t => $"{t.Key}: {t.Decided.Action} {t.Decided.Why}; {t.Why}; {views.Find(t.Key)?.LastDecision?.Reason}");
        return string.Join("\n", [.. facts, .. targets ?? [], .. view?.Warnings ?? [], view?.Trouble ?? ""]);
    }

    private async Task<bool> TurnAsync()
    {
        try
        {
            var was = await Promotion.TurnAsync(default);
            if (Calls.IsDead) return true;
            return await Loop.TurnAsync(default) || was;
        }
        catch (Exception) when (Calls.IsDead)
        {
            return true;
        }
        finally
        {
            if (Calls.IsDead) Restart();
        }
    }

    private ServiceProvider Start()
    {
        var services = new ServiceCollection().AddTargets()
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IStore>(Store)
            .AddSingleton<IPromotionFacts>(Promotions)
            .AddSingleton<IPublications>(Publications)
            .AddSingleton<ITrafficRouter>(Router)
            .AddSingleton<IMetricSource>(Metrics)
            .AddSingleton<IRuntimeFactory>(Runtime)
            .AddSingleton<IQuestionSource>(Questions)
            .AddSingleton<IPipelineServices>(new Declaring(this))
            .AddSingleton(RecordingSettings.Default)
            .AddLogging(l => l.SetMinimumLevel(LogLevel.None))
            .AddControl()
            .AddPromotion()
            .BuildServiceProvider();
        var loop = services.GetRequiredService<PromotionLoop>();
        loop.SetPipelines([Spec]);
        loop.Begin();
        return services;
    }

    private sealed class Declaring(PipelineWorld world) : IPipelineServices
    {
        public ValueTask<ImmutableArray<string>> DeclareAsync(ImmutableArray<ServiceSpec> services, CancellationToken stop)
        {
            try
            {
                return new(world.Calls.Make(
                    () =>
                    {
                        if (world.Undeclarable.IsEmpty) world.Loop.SetServices(services, source: "pipelines");
                        return world.Undeclarable;
                    },
                    static () => new IOException("the fake services are gone"), "services", nameof(DeclareAsync)));
            }
            catch (Exception fault)
            {
                return ValueTask.FromException<ImmutableArray<string>>(fault);
            }
        }
    }
}
