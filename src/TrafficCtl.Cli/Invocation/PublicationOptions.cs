using System.CommandLine;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What a version is made of, for <c>publish</c>: with a digest it is recorded, and without one it is taken in now.</summary>
internal sealed class PublicationOptions
{
    private readonly Option<string> digest = Text(
        "--digest", "sha256:HEX", "The digest of its content: records the version, for a pipeline to take it");

    private readonly Option<string> artifact = Text("--artifact", "PLACE", "Where the content is: a path or an image");
    private readonly Option<string> commit = Text("--commit", "ID", "The commit that it was built of");
    private readonly Option<string> author = Text("--author", "NAME", "Who made it, where the daemon does not know who asks");
    private readonly Option<string> change = Text("--change", "URL", "The change, such as a pull request");

    private readonly Option<string> compatibility = Text(
        "--compatibility", "reversible|expand|contract|forward-only", "What it does to the data (default: reversible)");

    /// <summary>The options that say nothing without a digest.</summary>
    private IEnumerable<Option<string>> Others => [artifact, commit, author, change, compatibility];

    public static PublicationOptions AddTo(Command command)
    {
        var options = new PublicationOptions();
        command.Options.Add(options.digest);
        foreach (var option in options.Others) command.Options.Add(option);
        options.compatibility.AcceptOnlyFromAmong("reversible", "expand", "contract", "forward-only");
        return options;
    }

    /// <summary>What is to be recorded; null where no digest is given.</summary>
    /// <exception cref="Failure">Something else is said of a version whose digest is not.</exception>
    public PublishRequest? Read(ParseResult parse, WishAction wish, string version, string user)
    {
        if (parse.GetValue(digest) is not { Length: > 0 } given)
        {
            return Others.FirstOrDefault(o => parse.GetResult(o) is not null) is { } without
                ? throw new Failure(
                    "no digest", without.Name, "name the content with --digest sha256:HEX, as sha256sum prints it", ExitCodes.Usage)
                : null;
        }

        return new PublishRequest
        {
            Version = version,
            Digest = given,
            Artifact = parse.GetValue(artifact) ?? "",
            Commit = parse.GetValue(commit) ?? "",
            Author = parse.GetValue(author) ?? user,
            Change = parse.GetValue(change) ?? "",
            Compatibility = parse.GetValue(compatibility) ?? "",
            IdempotencyKey = wish.KeyOf(parse),
        };
    }

    private static Option<string> Text(string name, string help, string description) =>
        new Option<string>(name) { Description = description, HelpName = help }.RefuseLongerThan(TextLimits.Reason);
}
