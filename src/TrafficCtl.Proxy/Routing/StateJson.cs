using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Proxy.Routing;

/// <summary><c>snapshot.json</c>: the last route of every service that was ever served here.</summary>
internal sealed record SnapshotDocument(int Version, ImmutableArray<RouteDocument> Routes)
{
    public const int CurrentVersion = 1;
}

/// <param name="General">The candidate's share in basis points.</param>
internal sealed record RouteDocument(
    string Service, long Generation, string Stable, string? Candidate, string? RolloutId, int General, ImmutableArray<CohortDocument> Cohorts)
{
    public static RouteDocument Of(ServiceRoute route) => new(
        route.Service, route.Generation, route.Stable, route.Candidate, route.RolloutId, route.Exposure.General.Candidate,
        [.. route.Exposure.Cohorts.Select(c => new CohortDocument(c.Cohort, c.Weights.Candidate))]);

    /// <exception cref="JsonException">A weight is out of range.</exception>
    public ServiceRoute ToRoute()
    {
        if ((Candidate is null) != (RolloutId is null)) throw new JsonException($"service {Service}: candidate and rolloutId belong together");
        return new ServiceRoute(
            Service, Generation, Stable, Candidate, RolloutId,
            Candidate is null ? Exposure.None : new Exposure(Read(General), [.. Cohorts.Select(c => new CohortWeights(c.Cohort, Read(c.Weight)))]));
    }

    private Weights Read(int weight) => weight is >= 0 and <= Weights.Total
        ? Weights.OfCandidate(weight)
        : throw new JsonException($"service {Service}: weight {weight} is outside 0..{Weights.Total}");
}

internal sealed record CohortDocument(string Cohort, int Weight);

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SnapshotDocument))]
internal sealed partial class StateJson : JsonSerializerContext;
