using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Adapters.Gates;

/// <summary>What a verification gets about the version that it checks.</summary>
/// <param name="Rollout">The id of the rollout.</param>
/// <param name="Attempt">How often it was asked anew in this rollout: 1 at first.</param>
/// <param name="Named">Each fact by its name, as addresses have it in braces.</param>
internal sealed record VerifyFacts(string Rollout, int Attempt, ImmutableSortedDictionary<string, string> Named)
{
    public static VerifyFacts Of(ServiceSpec service, RolloutState rollout, int attempt)
    {
        var endpoints = service.FindVersion(rollout.Candidate)?.Endpoints ?? [];
        var named = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        named["service"] = service.Service;
        named["environment"] = service.Environment;
        named["target"] = service.TargetName;
        named["version"] = rollout.Candidate;
        named["bundle"] = rollout.Candidate;
        named["stable"] = rollout.Stable;
        named["rollout"] = rollout.Id;
        named["endpoint"] = endpoints.Length > 0 ? endpoints[0].AbsoluteUri.TrimEnd('/') : "";
        named["endpoints"] = string.Join(' ', endpoints.Select(static e => e.AbsoluteUri.TrimEnd('/')));
        return new VerifyFacts(rollout.Id, attempt, named.ToImmutable());
    }

    /// <summary>For the environment of a program: <c>TRAFFICCTL_VERSION</c> and so on.</summary>
    public IEnumerable<(string Name, string Value)> Variables =>
        Named.Select(static fact => ($"TRAFFICCTL_{fact.Key.ToUpperInvariant()}", fact.Value))
            .Append(("TRAFFICCTL_ATTEMPT", Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>The address with each name in braces replaced, so that no fact can add a part of its own to the address.</summary>
    public string Fill(string address)
    {
        foreach (var (name, value) in Named)
            address = address.Replace($"{{{name}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
        return address;
    }
}
