using System.Globalization;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Tests.Promotion.Model;
using Xunit;

namespace TrafficCtl.Core.Tests.Promotion;

/// <summary>
/// Random graphs, facts, orders, faults and clocks: the engine decides what a naive model decides, and no rule of the product is broken.
/// </summary>
/// <remarks><c>PROMOTION_WALKS</c> sets how many walks each of the cases has; 425 make 102,000 steps in all.</remarks>
public sealed class PromotionModelTests
{
    private const int Steps = 60;

    private static readonly int Walks =
        int.Parse(Environment.GetEnvironmentVariable("PROMOTION_WALKS") ?? "425", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_engine_decides_as_the_model_and_keeps_its_promises(int part)
    {
        for (var i = 0; i < Walks; i++)
        {
            var seed = (part * 1_000_000) + i;
            var walk = new Walk(seed);
            for (var step = 0; step < Steps; step++)
            {
                walk.Step();
                Check(walk, $"seed {seed} step {step}");
            }

            CheckDerived(walk, $"seed {seed}");
            var last = walk.Settle();
            Assert.True(last is null, $"seed {seed}: targets do not come to rest once faults stop: {last}");
            Check(walk, $"seed {seed} at rest");
            CheckDerived(walk, $"seed {seed} at rest");
            CheckRest(walk, $"seed {seed} at rest");
        }
    }

    private static void Check(Walk walk, string where)
    {
        Assert.True(walk.AskedTwice is null, $"{where}: {walk.AskedTwice} is asked twice");
        var facts = new NaiveFacts(walk.Environments, walk.Facts, walk.Now);
        foreach (var spec in walk.Environments)
        {
            var (decision, model) = (walk.Decide(spec), new NaivePromotion(facts, spec.Name));
            var at = $"{where} {spec.Name}";
            var expected = model.Desired();
            Same((expected.Bundle, expected.By), (decision.Desired?.Hash, decision.By), at);
            foreach (var target in decision.Targets)
                Same(model.Action(target.Target, expected), (target.Action, target.Bundle?.Hash), $"{at}/{target.Target}");
            Promises.Check(facts, model, spec, decision, at);
        }
    }

    private static void CheckDerived(Walk walk, string where)
    {
        var facts = new NaiveFacts(walk.Environments, walk.Facts, walk.Now);
        foreach (var spec in walk.Environments) Promises.CheckDerived(facts, spec, $"{where} {spec.Name}");
    }

    /// <summary>Every target has what its environment is to run, and has it as Good.</summary>
    private static void CheckRest(Walk walk, string where)
    {
        foreach (var spec in walk.Environments)
        {
            var decision = walk.Decide(spec);
            foreach (var target in decision.Targets.Where(_ => decision.Desired is not null))
                Assert.True(
                    target.Action == TargetAction.Keep && walk.State.In(spec.Name).At(target.Target).Current == decision.Desired!.Hash,
                    $"{where} {spec.Name}/{target.Target}: {target.Action} {target.Why}, and {decision.Why}");
        }
    }

    private static void Same<T>(T model, T engine, string where) =>
        Assert.True(EqualityComparer<T>.Default.Equals(model, engine), $"{where}: the model says {model}, the engine {engine}");
}
