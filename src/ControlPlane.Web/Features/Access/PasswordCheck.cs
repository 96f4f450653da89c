using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using Microsoft.AspNetCore.Identity;

namespace ControlPlane.Web.Features.Access;

/// <summary>Asks the rules of the domain wherever a password is set.</summary>
internal sealed class PasswordCheck : IPasswordValidator<Person>
{
    public Task<IdentityResult> ValidateAsync(UserManager<Person> manager, Person user, string? password) =>
        Task.FromResult(PasswordRules.WhyNot(password, user.Email) is { } why ? IdentityResult.Failed(new IdentityError { Code = "PasswordRefused", Description = why }) : IdentityResult.Success);
}
