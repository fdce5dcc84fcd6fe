using System.Collections.Frozen;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Messages;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>A service's snapshot with all that can be looked up before a request comes: made once per snapshot.</summary>
internal sealed class RoutePlan
{
    private readonly AttributeReader[] identity;
    private readonly (AttributeReader Reader, string EqualTo)[] cohorts;

    public RoutePlan(Serving serving, FrozenDictionary<string, UpstreamTarget> targets)
    {
        Serving = serving;
        Stable = targets.GetValueOrDefault(serving.StableVersion);
        Candidate = serving.CandidateVersion is { } candidate ? targets.GetValueOrDefault(candidate) : null;
        IsActive = serving.Route.RolloutId is not null;
        CookieName = BucketCookie.NameOf(serving.Spec.Key);
        FormerCookieName = BucketCookie.FormerNameOf(serving.Spec.Key);
        CookiePrefix = BucketCookie.PrefixOf(serving.Route.RolloutId ?? "");
        CookieAge = BucketCookie.AgeOf(serving.Settings.CookieMaxAge);
        Claims = new ClientClaims(serving.Settings.TrustedProxies);
        identity = [.. serving.Spec.Identity.Select(a => new AttributeReader(a))];
        cohorts = [.. serving.Spec.Cohorts.Select(c => (new AttributeReader(c.Attribute), c.EqualTo))];
    }

    public Serving Serving { get; }

    /// <summary>Null while the configuration of the version is on its way, or gone.</summary>
    public UpstreamTarget? Stable { get; }

    public UpstreamTarget? Candidate { get; }

    /// <summary>A rollout salts the buckets.</summary>
    public bool IsActive { get; }

    public ClientClaims Claims { get; }

    public string CookieName { get; }

    /// <summary>The name that earlier builds gave the cookie: what they signed is still believed. Null where it is the same.</summary>
    public string? FormerCookieName { get; }

    public string CookiePrefix { get; }

    /// <summary>The attribute of a new cookie that says how long it is kept; empty for a session.</summary>
    public string CookieAge { get; }

    /// <summary>The first identity that the request carries; empty for an anonymous one.</summary>
    public ReadOnlySpan<char> IdentityOf(Microsoft.AspNetCore.Http.IHeaderDictionary headers, Span<char> scratch)
    {
        foreach (var reader in identity)
        {
            var key = reader.Read(headers, scratch);
            if (!key.IsEmpty) return key;
        }

        return default;
    }

    /// <summary>0 for everybody; k for the k-th cohort of the specification, the first that matches.</summary>
    public int CohortOf(Microsoft.AspNetCore.Http.IHeaderDictionary headers, Span<char> scratch)
    {
        for (var k = 0; k < cohorts.Length; k++)
            if (cohorts[k].Reader.Read(headers, scratch).SequenceEqual(cohorts[k].EqualTo)) return k + 1;
        return 0;
    }
}
