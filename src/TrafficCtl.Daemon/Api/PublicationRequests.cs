using System.Buffers;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>Publications as they come in and go out: every text is bounded and printable before anything is recorded.</summary>
internal static class PublicationRequests
{
    private const string DigestStart = "sha256:";

    private const int LongestKey = 128, LongestPlace = 2048;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>The publication to record, or what is wrong with the request.</summary>
    public static Answer<Publication> Parse(PublishRequest request, Caller caller, DateTimeOffset at)
    {
        if (request.Version.Length == 0) return Refusal.BadRequest("the request names no version", "version");
        if (VersionName.FindProblem(request.Version) is { } problem)
            return Refusal.BadRequest($"the version \"{Quoted.Short(request.Version)}\" {problem}", "version");
        if (!IsDigest(request.Digest))
            return Refusal.BadRequest(
                "digest is sha256: and the 64 hexadecimal digits of the content, in lower case, as sha256sum prints them", "digest");
        var name = request.Compatibility.Length == 0 ? "reversible" : request.Compatibility;
        if (CompatibilityWords.Parse(name) is not { } compatibility)
        {
            var meant = Suggest.DidYouMean(name, CompatibilityWords.All) is { } hint ? $" ({hint})" : "";
            return Refusal.BadRequest(
                $"\"{Quoted.Short(name)}\" is no compatibility{meant}; there are {string.Join(", ", CompatibilityWords.All)}",
                "compatibility");
        }

        var refusal = CheckText("artifact", request.Artifact, LongestPlace) ?? CheckText("commit", request.Commit, TextLimits.Name)
            ?? CheckText("author", request.Author, TextLimits.Name) ?? CheckText("change", request.Change, LongestPlace)
            ?? CheckText("idempotency_key", request.IdempotencyKey, LongestKey);
        if (refusal is not null) return refusal;
        if (request.Change.Length > 0
            && !(Uri.TryCreate(request.Change, UriKind.Absolute, out var change) && change.Scheme is "http" or "https"))
            return Refusal.BadRequest("change is an address such as https://git.example/shop/pull/7", "change");
        var identity = caller.Identity;
        return new Publication(
            request.Service, request.Version, request.Digest, identity.Name ?? request.Author, identity.Name is not null, at, caller.From)
        {
            Artifact = Given(request.Artifact),
            Commit = Given(request.Commit),
            Change = Given(request.Change),
            Compatibility = compatibility,
            IdempotencyKey = Given(request.IdempotencyKey),
        };
    }

    public static PublishedVersion Of(Publication publication)
    {
        var message = new PublishedVersion
        {
            Service = publication.Service,
            Version = publication.Version,
            Digest = publication.Digest,
            AuthorVerified = publication.IsAuthorVerified,
            Compatibility = CompatibilityWords.Of(publication.Compatibility),
            At = publication.At.ToTimestamp(),
            From = publication.From,
            Seq = publication.Seq,
        };
        if (publication.Artifact is { } artifact) message.Artifact = artifact;
        if (publication.Commit is { } commit) message.Commit = commit;
        if (publication.Author.Length > 0) message.Author = publication.Author;
        if (publication.Change is { } change) message.Change = change;
        return message;
    }

    private static bool IsDigest(string text) =>
        text.StartsWith(DigestStart, StringComparison.Ordinal) && text.Length == DigestStart.Length + 64
        && text.AsSpan(DigestStart.Length).IndexOfAnyExcept(Digits) < 0;

    private static string? Given(string text) => text.Length > 0 ? text : null;

    private static Refusal? CheckText(string field, string text, int limit)
    {
        if (text.Length > limit) return Refusal.BadRequest($"{field} has {text.Length} characters; {limit} are allowed", field);
        return Printable.FirstUnprintable(text) is { } odd
            ? Refusal.BadRequest($"{field} has the character {odd}; write one line of printable text", field)
            : null;
    }
}
