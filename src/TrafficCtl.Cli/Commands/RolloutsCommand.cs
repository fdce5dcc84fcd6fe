using System.CommandLine;
using System.Globalization;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class RolloutsCommand
{
    private const int Longest = 100;

    public static readonly CommandEntry Entry = new("rollouts", "Lists the rollouts of a service, or of all, newest first", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, ask);
        service.Description = "The service; without it those of all are listed";
        var limit = new Option<int>("--limit")
        {
            Description = $"How many of each service, 1 to {Longest}",
            DefaultValueFactory = static _ => 20,
            HelpName = "N",
            CustomParser = static result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    && count is >= 1 and <= Longest)
                    return count;
                result.AddError($"--limit is a whole number from 1 to {Longest}, not \"{result.Tokens[0].Value}\"");
                return 0;
            },
        };
        command.Options.Add(limit);
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            var all = await ListAsync(client, parse.GetValue(service), parse.GetValue(limit), stop);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(all);
            else RolloutsText.Write(all, surroundings.Out);
            return ExitCodes.Done;
        });
    }

    private static async Task<ListRolloutsResponse> ListAsync(AdminClient client, string? named, int limit, CancellationToken stop)
    {
        if (!string.IsNullOrEmpty(named)) return await client.ListRolloutsAsync(named, limit, stop);
        var services = await client.ListServicesAsync(stop);
        var rollouts = new List<RolloutSummary>();
        foreach (var one in services.Services)
            rollouts.AddRange((await client.ListRolloutsAsync(TargetName.Among(one, services.Services), limit, stop)).Rollouts);
        var all = new ListRolloutsResponse();
        all.Rollouts.AddRange(rollouts.OrderByDescending(r => r.StartedAt.ToDateTimeOffset()));
        return all;
    }
}
