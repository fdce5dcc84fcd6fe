using System.Collections.Immutable;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Daemon.Api;

/// <summary>Why a call is not answered, whatever protocol it came by.</summary>
/// <param name="Kind">What sort it is: decides the status of each protocol.</param>
/// <param name="Title">A few words that a program may compare: they do not change.</param>
/// <param name="Detail">What is wrong, and what to do.</param>
internal sealed record Refusal(RefusalKind Kind, string Title, string Detail)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>The field of the request that is wrong, as the contract names it; null where it is none in particular.</summary>
    public string? Field { get; init; }

    /// <summary>All that is wrong, where it is more than one thing.</summary>
    public ImmutableArray<Violation> Violations { get; init; } = [];

    /// <summary>When the same request may be answered; null where time alone changes nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What was not found; null where nothing was looked for.</summary>
    public Named? Resource { get; init; }

    public static Refusal BadRequest(string detail, string? field = null) =>
        new(RefusalKind.BadRequest, "bad request", detail) { Field = field };

    public static Refusal NotFound(string type, string name, string detail) =>
        new(RefusalKind.NotFound, $"unknown {type}", detail) { Resource = new Named(type, Quoted.Short(name)) };

    public static Refusal Unauthenticated(string detail) => new(RefusalKind.Unauthenticated, "unauthenticated", detail);

    public static Refusal Forbidden(string detail) => new(RefusalKind.Forbidden, "refused", detail);

    /// <summary>Who would know the caller does not answer.</summary>
    public static Refusal NotVerifiable(string why) =>
        new(RefusalKind.Unavailable, "identity not verifiable", why) { RetryAfter = Soon };

    /// <summary>That no service is known says nothing yet.</summary>
    public static Refusal NotKnownYet(string why) =>
        new(RefusalKind.Unavailable, "the cluster is not known yet", why) { RetryAfter = Soon };

    public static Refusal StoreUnavailable(string why) => new(RefusalKind.Unavailable, "store unavailable", why) { RetryAfter = Soon };

    /// <param name="Field">The field of the request, as the contract names it; empty where it is none in particular.</param>
    /// <param name="Description">What is wrong with it, and what to do.</param>
    internal sealed record Violation(string Field, string Description);

    /// <summary>Something that requests name.</summary>
    /// <param name="Type"><c>service</c>, <c>environment</c>, <c>target</c>, <c>rollout</c>.</param>
    /// <param name="Name">As it was asked for.</param>
    internal sealed record Named(string Type, string Name);
}

/// <summary>The sorts of refusals, one for each status that the protocols have for them.</summary>
internal enum RefusalKind
{
    /// <summary>The request itself is wrong: the same request is refused again.</summary>
    BadRequest,

    /// <summary>Who asks has not shown who it is.</summary>
    Unauthenticated,

    /// <summary>Who asks, or from where, may not.</summary>
    Forbidden,

    NotFound,

    /// <summary>What the request rests on has changed: look again.</summary>
    Stale,

    /// <summary>Something else was asked under the same idempotency key.</summary>
    KeyWasUsed,

    /// <summary>It is there already, and is something else.</summary>
    AlreadyExists,

    /// <summary>Another process answers.</summary>
    NotTheLeader,

    /// <summary>As many are served as can be.</summary>
    TooMany,

    /// <summary>More is sent than is taken at once.</summary>
    TooLarge,

    /// <summary>The caller alone asks for more than its share.</summary>
    TooOften,

    /// <summary>Cannot be answered now: the same request may be answered later.</summary>
    Unavailable,
}
