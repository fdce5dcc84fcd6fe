using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>An order that is understood: all names in it are known.</summary>
/// <param name="What">Of what, for people: a service, a target, or all services.</param>
/// <param name="Reached">The targets for which the right is needed.</param>
/// <param name="Make">The fact that it becomes.</param>
/// <param name="Version">The version that it is of; null without one.</param>
internal sealed record ReadOrder(
    string What, ImmutableArray<TargetKey> Reached, Func<FactStamp, PromotionFact> Make, string? Version = null);
