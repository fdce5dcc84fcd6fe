using System.Diagnostics.CodeAnalysis;

namespace TrafficCtl.Core.Cohorts;

/// <summary>Where a request's property is read.</summary>
public enum AttributeSource
{
    Header,
    Cookie,

    /// <summary>A claim of the bearer token's payload. It is read, not verified: it steers, and the upstream authorises.</summary>
    Claim,
}

/// <summary>A property of a request by name: <c>header:x-user-id</c>, <c>cookie:sid</c>, <c>claim:tenant.tier</c>.</summary>
[SuppressMessage("Naming", "CA1711", Justification = "An attribute of a request, not of code: the word of cohorts and identities.")]
public sealed record RequestAttribute(AttributeSource Source, string Name)
{
    public override string ToString() => $"{Source.ToString().ToLowerInvariant()}:{Name}";
}

/// <summary>A named set of users: those whose attribute equals a value (ordinal, case-sensitive).</summary>
public sealed record Cohort(string Name, RequestAttribute Attribute, string EqualTo);
