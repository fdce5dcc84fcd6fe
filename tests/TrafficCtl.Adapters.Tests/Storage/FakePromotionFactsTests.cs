using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>What the tests of others rest on keeps the contract too.</summary>
public sealed class FakePromotionFactsTests : PromotionFactsContract
{
    private readonly FakePromotionFacts facts = new();

    private protected override IPromotionFacts Open() => facts;
}
