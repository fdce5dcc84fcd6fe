using System.Collections.Immutable;
using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace TrafficCtl.Cli.Commands;

/// <summary>Tokens are made and revoked in their file: whoever may write that may do everything anyway.</summary>
internal static class TokenCommand
{
    public static readonly CommandEntry Entry = new("token", "Makes, lists and revokes tokens of the admin API", Build);

    private static readonly string[] Actions = ["create", "list", "revoke"];

    private static void Build(Command command, Surroundings surroundings)
    {
        var action = new Argument<string>("ACTION") { Description = "create, list or revoke" };
        action.AcceptOnlyFromAmong(Actions);
        var name = new Argument<string?>("NAME")
        {
            Description = "Who uses the token: facts and logs say so. Of revoke: a name or an id",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var role = new Option<string>("--role")
        {
            Description = "What its user may do",
            HelpName = "viewer|operator|approver|admin",
            DefaultValueFactory = static _ => "viewer",
        };
        role.AcceptOnlyFromAmong([.. Enum.GetValues<Role>().Select(static r => r.ToString().ToLowerInvariant())]);
        var service = new Option<string?>("--service") { Description = "The one service that it is for [default: all]", HelpName = "NAME" };
        var environment = new Option<string?>("--environment")
        {
            Description = "The one environment that it is for [default: all]",
            HelpName = "NAME",
        };
        var group = new Option<string[]>("--group")
        {
            Description = "A group that its user belongs to, which a gate may ask for; may be repeated",
            HelpName = "NAME",
        };
        var expires = new Option<string>("--expires")
        {
            Description = "When it expires: a duration, or never",
            HelpName = "30d",
            DefaultValueFactory = static _ => "90d",
        };
        var file = new Option<string>("--file")
        {
            Description = "The file of tokens",
            HelpName = "FILE",
            DefaultValueFactory = static _ => Path.Combine(DaemonOptions.DefaultDataDirectory, TokenListFile.Name),
        };
        var output = AskOptions.OutputOption();
        command.Arguments.Add(action);
        command.Arguments.Add(name);
        foreach (var option in (Option[])[role, service, environment, group, expires, file, output]) command.Options.Add(option);
        command.SetAction(parse =>
        {
            var (path, now) = (parse.GetRequiredValue(file), surroundings.Clock.GetUtcNow());
            var named = parse.GetValue(name);
            var answer = parse.GetRequiredValue(action) switch
            {
                "create" => Create(
                    path, Named(named),
                    new Grant(
                        Enum.Parse<Role>(parse.GetRequiredValue(role), ignoreCase: true),
                        Scope("service", parse.GetValue(service), Grant.ServiceProblem),
                        Scope("environment", parse.GetValue(environment), Grant.EnvironmentProblem)),
                    GroupsOf(parse.GetValue(group) ?? []), now, ExpiryOf(parse.GetRequiredValue(expires), now)),
                "revoke" => Revoke(path, Named(named), now),
                _ => Answer(Read(path), now),
            };
            if (parse.GetValue(output) == "json") surroundings.Out.WriteJson(answer);
            else Print(answer, surroundings);
            return ExitCodes.Done;
        });
    }

    private static TokenResponse Create(
        string path, string name, Grant grant, ImmutableArray<string> groups, DateTimeOffset now, DateTimeOffset? expiresAt)
    {
        var (kept, text) = Token.Make(name, grant, now, expiresAt);
        if (!groups.IsEmpty) kept = kept with { Groups = groups };
        // In a full file those that are refused anyway make room.
        Change(path, tokens =>
        {
            // Facts and logs name who it was: two who share a name cannot be told apart, and a revocation would take both.
            if (tokens.FirstOrDefault(t => t.Id == name || (t.Name == name && t.Refused(now) is null)) is { } taken)
                throw new Failure(
                    "the name is taken", name,
                    $"token {taken.Id} has it: choose another one, or \"{Product.Name} token revoke {taken.Id}\" first");
            return [.. tokens.Length < TokenListFile.Most ? tokens : tokens.Where(t => t.Refused(now) is null), kept];
        });
        var answer = Answer([kept], now);
        answer.Token = text;
        return answer;
    }

    private static TokenResponse Revoke(string path, string named, DateTimeOffset now)
    {
        // Read before it is changed: a change makes the directory and a lock, and a mistyped path or name must leave nothing behind.
        if (!Read(path).Any(IsMeant)) throw new Failure("no such token", named, $"see \"{Product.Name} token list\"");
        var meant = new HashSet<string>(StringComparer.Ordinal);
        var changed = Change(path, tokens =>
        {
            meant.UnionWith(tokens.Where(IsMeant).Select(static t => t.Id));
            return [.. tokens.Select(t => meant.Contains(t.Id) ? t with { RevokedAt = now } : t)];
        });
        return Answer([.. changed.Where(t => meant.Contains(t.Id))], now);

        bool IsMeant(Token token) => (token.Id == named || token.Name == named) && token.RevokedAt is null;
    }

    private static string Named(string? name)
    {
        if (name is not { Length: > 0 }) throw new Failure("no name", "token", "name who uses it", ExitCodes.Usage);
        if (name.Length > TextLimits.Name || !ShownText.IsPrintable(name))
            throw new Failure("no such name", name, $"write at most {TextLimits.Name} printable characters", ExitCodes.Usage);
        return name;
    }

    /// <summary>A name that nothing can have would make a token for nothing, and its lists would not say so.</summary>
    private static string Scope(string what, string? name, Func<string, string?> problem)
    {
        if (name is null) return Grant.Any;
        return problem(name) is not { } words ? name
            : throw new Failure($"no such {what}", name, $"write {words}; leave --{what} out for all", ExitCodes.Usage);
    }

    private static ImmutableArray<string> GroupsOf(string[] names)
    {
        if (names.FirstOrDefault(static n => Token.GroupProblem(n) is not null) is { } bad)
            throw new Failure("no such group", bad, $"write {Token.GroupProblem(bad)}", ExitCodes.Usage);
        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    private static DateTimeOffset? ExpiryOf(string text, DateTimeOffset now) =>
        Token.TryParseExpiry(text, now, out var at) ? at
        : throw new Failure("no such time", text, "write a duration such as 30d or 12h, at most 3650d, or never", ExitCodes.Usage);

    private static ImmutableArray<Token> Read(string path) => Trying(path, () => TokenListFile.Read(path));

    private static ImmutableArray<Token> Change(string path, Func<ImmutableArray<Token>, ImmutableArray<Token>> change) =>
        Trying(path, () => TokenListFile.Change(path, change));

    private static ImmutableArray<Token> Trying(string path, Func<ImmutableArray<Token>> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new Failure("the file of tokens cannot be used", path, fault.Message);
        }
    }

    private static TokenResponse Answer(ImmutableArray<Token> tokens, DateTimeOffset now)
    {
        var answer = new TokenResponse();
        foreach (var token in tokens)
        {
            var info = new TokenInfo
            {
                Id = token.Id,
                Name = token.Name,
                Role = token.Grants[0].Role.ToString().ToLowerInvariant(),
                Service = token.Grants[0].Service == Grant.Any ? "" : token.Grants[0].Service,
                Environment = token.Grants[0].Environment == Grant.Any ? "" : token.Grants[0].Environment,
                State = token.RevokedAt is not null ? "revoked" : token.Refused(now) is not null ? "expired" : "good",
                CreatedAt = Time(token.CreatedAt),
                ExpiresAt = token.ExpiresAt is { } end ? Time(end) : null,
            };
            info.Groups.AddRange(token.Groups ?? []);
            answer.Tokens.Add(info);
        }

        return answer;
    }

    private static void Print(TokenResponse answer, Surroundings surroundings)
    {
        if (answer.Token.Length > 0)
        {
            surroundings.Tell($"this is shown once; set it as {AskOptions.TokenVariable}, or send it as \"Authorization: Bearer\"");
            surroundings.Out.WriteLine(answer.Token);
            return;
        }

        var table = new Columns("ID", "NAME", "ROLE", "SERVICE", "ENVIRONMENT", "STATE", "EXPIRES");
        foreach (var token in answer.Tokens)
        {
            table.Add(
                token.Id, token.Name, token.Role, Any(token.Service), Any(token.Environment), token.State,
                token.ExpiresAt is { } end ? PrintedUnits.DayAndTime(end) : "never");
        }

        table.WriteTo(surroundings.Out);
    }

    private static Timestamp Time(DateTimeOffset at) => Timestamp.FromDateTimeOffset(at);

    private static string Any(string name) => name.Length > 0 ? name : Grant.Any;
}
