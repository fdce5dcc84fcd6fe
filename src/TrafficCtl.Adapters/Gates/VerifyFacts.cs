using System.Collections.Immutable;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Adapters.Gates;

/// <summary>What a verification gets about the version that it checks.</summary>
/// <param name="Rollout">The id of the rollout or of the question that asks.</param>
/// <param name="Attempt">How often it was asked anew: 1 at first.</param>
/// <param name="Named">Each fact by its name, as addresses have it in braces.</param>
internal sealed record VerifyFacts(string Rollout, int Attempt, ImmutableSortedDictionary<string, string> Named)
{
    private const string Entrance = "{entrance}";

    /// <summary>Of the candidate of a rollout.</summary>
    public static VerifyFacts Of(ServiceSpec service, RolloutState rollout, int attempt)
    {
        var named = Place(service, rollout.Candidate);
        named["bundle"] = rollout.Candidate;
        named["stable"] = rollout.Stable;
        named["rollout"] = rollout.Id;
        named["round"] = Text(attempt - 1);
        return new VerifyFacts(rollout.Id, attempt, named.ToImmutable());
    }

    /// <summary>Of a bundle that moves through environments: there is no rollout, and no stable version that it is compared with.</summary>
    public static VerifyFacts Of(ServiceSpec where, Question question)
    {
        var named = Place(where, question.Bundle.Name);
        named["bundle"] = question.Bundle.Hash;
        named["stable"] = "";
        named["rollout"] = "";
        named["round"] = Text(question.Round);
        return new VerifyFacts(question.Id, question.Round + 1, named.ToImmutable());
    }

    /// <summary>For the environment of a program: <c>TRAFFICCTL_VERSION</c> and so on.</summary>
    public IEnumerable<(string Name, string Value)> Variables =>
        Named.Select(static fact => ($"TRAFFICCTL_{fact.Key.ToUpperInvariant()}", fact.Value))
            .Append(("TRAFFICCTL_ATTEMPT", Text(Attempt)));

    /// <summary>
    /// The address with each name in braces replaced, so that no fact can add a part of its own to the address. It may begin with the
    /// entrance, which the file declares.
    /// </summary>
    public string Fill(string address)
    {
        if (address.StartsWith(Entrance, StringComparison.Ordinal)) address = Named["entrance"] + address[Entrance.Length..];
        foreach (var (name, value) in Named)
            address = address.Replace($"{{{name}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
        return address;
    }

    private static ImmutableSortedDictionary<string, string>.Builder Place(ServiceSpec service, string version)
    {
        var endpoints = service.FindVersion(version)?.Endpoints ?? [];
        var named = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        named["service"] = service.Service;
        named["environment"] = service.Environment;
        named["target"] = service.TargetName;
        named["version"] = version;
        named["entrance"] = service.Target.Entrance;
        named["endpoint"] = endpoints.Length > 0 ? endpoints[0].AbsoluteUri.TrimEnd('/') : "";
        named["endpoints"] = string.Join(' ', endpoints.Select(static e => e.AbsoluteUri.TrimEnd('/')));
        return named;
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
