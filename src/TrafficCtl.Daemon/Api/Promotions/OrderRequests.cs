using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>Orders as they come in: every text is bounded and printable, and nothing is given that the kind does not take.</summary>
internal static class OrderRequests
{
    private static readonly string[] Scopes = ["downstream", "environment", "service"];

    /// <summary>The kind of the order, or what is wrong with the request.</summary>
    public static Answer<OrderKind> Parse(MakeOrderRequest request)
    {
        if (!OrderKind.All.TryGetValue(request.Kind, out var kind))
        {
            var kinds = string.Join(", ", OrderKind.All.Keys.Order(StringComparer.Ordinal));
            return Refusal.BadRequest(
                $"\"{Quoted.Short(request.Kind)}\" is not an order{Meant(request.Kind, OrderKind.All.Keys)}; orders are {kinds}", "kind");
        }

        var refusal = CheckText("service", request.Service, TextLimits.Name)
            ?? CheckText("environment", request.Environment, TextLimits.Name)
            ?? CheckText("target", request.Target, TextLimits.Name) ?? CheckText("version", request.Version, TextLimits.Name)
            ?? CheckText("gate", request.Gate, TextLimits.Name) ?? CheckText("who", request.Who, TextLimits.Name)
            ?? CheckText("reason", request.Reason, TextLimits.Reason) ?? CheckParts(request, kind);
        return refusal is null ? kind : refusal;
    }

    /// <summary>The scope that <see cref="Parse"/> has let pass.</summary>
    public static VetoScope ScopeOf(MakeOrderRequest request) => request.Scope switch
    {
        "environment" => VetoScope.Environment,
        "service" => VetoScope.Service,
        _ => VetoScope.Downstream,
    };

    private static Refusal? CheckParts(MakeOrderRequest request, OrderKind kind)
    {
        if (request.Service.Length == 0)
        {
            if (!kind.MayBeOfAll) return Refusal.BadRequest("the request names no service", "service");
            if (request.Environment.Length > 0)
                return Refusal.BadRequest($"{kind.Name} of an environment names its service", "service");
        }

        return CheckPart(kind, "environment", request.Environment, kind.Environment)
            ?? CheckPart(kind, "version", request.Version, kind.Version)
            ?? CheckPart(kind, "target", request.Target, kind.TakesTarget ? Part.Optional : Part.None)
            ?? CheckPart(kind, "gate", request.Gate, kind.TakesGate ? Part.Optional : Part.None)
            ?? CheckPart(kind, "scope", request.Scope, kind.TakesScope ? Part.Optional : Part.None)
            ?? CheckScope(request, kind);
    }

    private static Refusal? CheckScope(MakeOrderRequest request, OrderKind kind)
    {
        if (request.Target.Length > 0 && request.Environment.Length == 0)
            return Refusal.BadRequest("a target is named with its environment", "environment");
        if (request.Until is not null && !kind.TakesScope) return Refusal.BadRequest($"{kind.Name} takes no until", "until");
        // A protobuf timestamp may hold what is no instant.
        if (request.Until is { } until && (until.Nanos is < 0 or > 999_999_999 || until.Seconds is < 0 or > 253_402_300_799))
            return Refusal.BadRequest("until is no time", "until");
        return request.Scope.Length == 0 || Scopes.Contains(request.Scope)
            ? null
            : Refusal.BadRequest(
                $"\"{Quoted.Short(request.Scope)}\" is no scope{Meant(request.Scope, Scopes)}; there are {string.Join(", ", Scopes)}",
                "scope");
    }

    private static Refusal? CheckPart(OrderKind kind, string name, string given, Part part) => part switch
    {
        Part.None when given.Length > 0 => Refusal.BadRequest($"{kind.Name} takes no {name}", name),
        Part.Needed when given.Length == 0 => Refusal.BadRequest($"{kind.Name} needs {Article(name)} {name}", name),
        _ => null,
    };

    private static string Article(string name) => name == "environment" ? "an" : "a";

    private static string Meant(string word, IEnumerable<string> known) =>
        Suggest.DidYouMean(word, known) is { } meant ? $" ({meant})" : "";

    private static Refusal? CheckText(string field, string text, int limit)
    {
        if (text.Length > limit) return Refusal.BadRequest($"{field} has {text.Length} characters; {limit} are allowed", field);
        return Printable.FirstUnprintable(text) is { } odd
            ? Refusal.BadRequest($"{field} has the character {odd}; write one line of printable text", field)
            : null;
    }
}
