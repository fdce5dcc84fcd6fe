using System.CommandLine;

namespace TrafficCtl.Cli;

internal static class Arguments
{
    /// <summary>A misspelt option is an error, not a service or a file of that name.</summary>
    public static Argument<T> RefuseOptions<T>(this Argument<T> argument)
    {
        argument.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value.Length > 1 && token.Value[0] == '-') result.AddError($"no option \"{token.Value}\"");
        });
        return argument;
    }
}
