using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Access;

/// <summary>Verifies bearer tokens that others have issued.</summary>
internal interface IBearer
{
    /// <summary>Whose token it is, or why it is refused; null where this one is not the one to say.</summary>
    ValueTask<Verified?> VerifyAsync(BearerCall call, CancellationToken stop);
}

/// <summary>A call that shows a bearer token.</summary>
/// <param name="Context">The context of the request.</param>
/// <param name="Token">Without its scheme.</param>
/// <param name="Asked">What the call asks for.</param>
internal sealed record BearerCall(HttpContext Context, string Token, AskedCall Asked);

/// <summary>What a call asks for, as far as it matters for who may.</summary>
/// <param name="Name">The name of the call, for the log.</param>
/// <param name="IsWish">It changes something.</param>
/// <param name="Service">The service that it names; empty where it names none.</param>
internal readonly record struct AskedCall(string Name, bool IsWish, string Service);
